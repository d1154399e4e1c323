//! A page picture to a clean page picture: encoding, thumbnails, decoding of imported images.
