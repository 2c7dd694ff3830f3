/// The media types of files, by their extension.
enum MediaTypes {
  /// The type of a file, with the encoding if it is text.
  static func type(of name: String, _ own: [String: String]) -> String {
    guard let dot = name.lastIndex(of: ".") else { return unknown }
    let suffix = name[name.index(after: dot)...].lowercased()
    return own[suffix] ?? known[suffix] ?? unknown
  }

  static let unknown = "application/octet-stream"
  /// As registered with IANA, for what pages are made of.
  private static let known = [
    "aac": "audio/aac", "apng": "image/apng", "avif": "image/avif", "bmp": "image/bmp",
    "css": "text/css; charset=utf-8",
    "csv": "text/csv; charset=utf-8", "eot": "application/vnd.ms-fontobject", "epub": "application/epub+zip",
    "flac": "audio/flac", "gif": "image/gif", "gz": "application/gzip", "htm": "text/html; charset=utf-8",
    "html": "text/html; charset=utf-8", "ico": "image/vnd.microsoft.icon", "ics": "text/calendar; charset=utf-8",
    "jpeg": "image/jpeg", "jpg": "image/jpeg", "js": "text/javascript; charset=utf-8", "json": "application/json",
    "jsonld": "application/ld+json", "jxl": "image/jxl", "m4a": "audio/mp4", "m4v": "video/mp4",
    "map": "application/json", "md": "text/markdown; charset=utf-8", "mid": "audio/midi", "midi": "audio/midi",
    "mjs": "text/javascript; charset=utf-8", "mp3": "audio/mpeg", "mp4": "video/mp4", "mpeg": "video/mpeg",
    "oga": "audio/ogg", "ogg": "audio/ogg", "ogv": "video/ogg", "opus": "audio/ogg", "otf": "font/otf",
    "pdf": "application/pdf", "png": "image/png", "rss": "application/rss+xml", "rtf": "application/rtf",
    "svg": "image/svg+xml", "tif": "image/tiff", "tiff": "image/tiff", "ttf": "font/ttf",
    "txt": "text/plain; charset=utf-8", "vtt": "text/vtt; charset=utf-8", "wasm": "application/wasm",
    "wav": "audio/wav", "weba": "audio/webm", "webm": "video/webm", "webmanifest": "application/manifest+json",
    "webp": "image/webp", "woff": "font/woff", "woff2": "font/woff2", "xhtml": "application/xhtml+xml",
    "xml": "application/xml", "zip": "application/zip", "zst": "application/zstd",
  ]
}
