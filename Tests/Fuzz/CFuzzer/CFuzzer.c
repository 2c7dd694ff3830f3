// The header is all there is: the function is part of the sanitizer.
