//! Một Cửa: the desktop window.
