//! PDF bytes: pages to PDF, byte-preserving updates with a signature placeholder, counter forms.
