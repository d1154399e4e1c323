//! What a file really is, whatever its name says.

use crate::PdfError;
use crate::file::{Entry, File};
use crate::token::{Kind, Value};

/// Facts of a readable PDF.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct PdfFacts {
    /// Number of pages.
    pub pages: u32,
    /// `1.7`, `2.0` …: the header's or the catalog's, whichever is later.
    pub version: String,
    /// Encrypted; such files are refused, so this is `false` in every answer.
    pub encrypted: bool,
    /// Signature fields that carry a signature.
    pub signatures: u32,
    /// JavaScript, launch or submit actions, XFA or embedded files are present; none is ever executed.
    pub active_content: bool,
}

/// Checks the content strictly and counts what matters.
///
/// # Errors
/// [`PdfError::NotPdf`] for anything that only carries the name, [`PdfError::Encrypted`],
/// [`PdfError::Broken`], [`PdfError::TooMuch`].
pub fn inspect(pdf: &[u8]) -> Result<PdfFacts, PdfError> {
    let file = File::open(pdf)?;
    let pages = file.pages()?;
    if pages.is_empty() {
        return Err(PdfError::Empty);
    }
    let (_, catalog) = file.catalog()?;
    let catalog = catalog.value.dict().cloned().unwrap_or_default();
    let header =
        pdf.iter().skip_while(|&&b| b != b'%').skip(5).take(3).map(|&b| char::from(b)).collect::<String>();
    let later = file.entry(&catalog, "Version")?;
    let later = later.as_ref().and_then(Value::name).map(|name| String::from_utf8_lossy(name).into_owned());
    Ok(PdfFacts {
        pages: u32::try_from(pages.len()).unwrap_or(u32::MAX),
        version: later.filter(|version| *version > header).unwrap_or(header),
        encrypted: false,
        signatures: u32::try_from(crate::signatures::signatures_in(&file)?.len()).unwrap_or(u32::MAX),
        active_content: active(&file)?,
    })
}

/// Walks every object: hidden ones count as well.
fn active(file: &File<'_>) -> Result<bool, PdfError> {
    const KEYS: [&[u8]; 4] = [b"JS", b"JavaScript", b"XFA", b"EmbeddedFiles"];
    const ACTIONS: [&[u8]; 9] = [
        b"JavaScript",
        b"Launch",
        b"SubmitForm",
        b"ImportData",
        b"Sound",
        b"Movie",
        b"Rendition",
        b"GoToE",
        b"RichMediaExecute",
    ];
    for (&number, entry) in &file.entries {
        if *entry == Entry::Free {
            continue;
        }
        let object = file.object(number)?;
        let mut found = false;
        object.value.walk(&mut |value| {
            if let Kind::Dict(dict) = &value.kind {
                found |= dict.0.iter().any(|(key, _)| KEYS.contains(&key.as_slice()));
                found |= dict.find("S").and_then(Value::name).is_some_and(|name| ACTIONS.contains(&name));
            }
        });
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}
