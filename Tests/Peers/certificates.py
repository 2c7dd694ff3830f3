"""Makes authorities, certificates and keys with the openssl program."""
import pathlib
import subprocess


def openssl(*arguments: str | pathlib.Path, data: bytes = b"", timeout: float = 60) -> subprocess.CompletedProcess:
    return subprocess.run(["openssl", *map(str, arguments)], input=data, capture_output=True, timeout=timeout)


class Authority:
    """An authority in a folder, and what it has signed."""

    def __init__(self, folder: pathlib.Path, name: str = "authority"):
        self.folder = folder
        self.certificate, self.key = folder / f"{name}.pem", folder / f"{name}.key"
        done = openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-days", "2",
                       "-subj", f"/CN={name}", "-keyout", self.key, "-out", self.certificate)
        assert done.returncode == 0, done.stderr

    def sign(self, name: str, alternatives: str = "", subject: str = "", passphrase: str = "") -> tuple[str, str]:
        """Answers the files of a certificate and its key."""
        certificate, key, request = (self.folder / f"{name}{end}" for end in (".pem", ".key", ".csr"))
        done = openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                       *(["-passout", f"pass:{passphrase}"] if passphrase else ["-noenc"]),
                       "-subj", subject or f"/CN={name}", "-keyout", key, "-out", request)
        assert done.returncode == 0, done.stderr
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={alternatives or 'DNS:' + name}\n")
        done = openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial",
                       "-days", "2", "-extfile", extensions, "-out", certificate)
        assert done.returncode == 0, done.stderr
        return str(certificate), str(key)
