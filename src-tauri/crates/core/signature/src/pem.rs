//! PEM texts with any number of blocks and any words between them.

/// `(label, bytes)` of every well-formed block.
pub(crate) fn blocks(text: &str) -> impl Iterator<Item = (String, Vec<u8>)> + '_ {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let start = rest.find("-----BEGIN ")?;
            let block = &rest[start..];
            let label = block.strip_prefix("-----BEGIN ")?.split("-----").next()?;
            let end_mark = format!("-----END {label}-----");
            let Some(end) = block.find(&end_mark) else {
                rest = &block["-----BEGIN ".len()..];
                continue;
            };
            let whole = &block[..end + end_mark.len()];
            rest = &block[end + end_mark.len()..];
            if let Ok((label, bytes)) = der::pem::decode_vec(whole.as_bytes()) {
                return Some((label.to_owned(), bytes));
            }
        }
    })
}
