//! The byte-preserving update that carries a signature (ISO 32000-1, 7.5.6 and 12.8).
//!
//! Changed objects are their original bytes with the new piece spliced in, so no number,
//! name or order is ever written anew; the new cross-reference has the newest section's form.

use crate::PdfError;
use crate::assemble::hex;
use crate::file::{File, Form, Object};
use crate::token::{Dict, Kind, Value};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

/// What the signature dictionary says; nothing of it is proof of identity.
#[derive(Clone, Debug)]
pub struct SignatureRequest {
    /// Stem of the field's name; made unique in the file.
    pub field: String,
    /// `/Name`: the signer as the certificate names them.
    pub name: String,
    /// `/Reason`; left out when empty.
    pub reason: String,
    /// `/Location`; left out when empty.
    pub location: String,
    /// `/M`: the claimed moment.
    pub at: time::OffsetDateTime,
    /// Bytes kept free for the CMS.
    pub reserve: usize,
}

/// A file that waits for its CMS: everything is in place except the bytes of `/Contents`.
#[derive(Clone)]
pub struct PreparedPdf {
    bytes: Vec<u8>,
    digest: [u8; 32],
    /// From `<` to after `>`.
    gap: Range<usize>,
}

impl PreparedPdf {
    /// SHA-256 over the byte range: all bytes except `<…>` of `/Contents`.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// Puts the CMS in and gives the signed file.
    ///
    /// # Errors
    /// [`PdfError::TooLarge`] when more space is needed than was reserved: growing changes the
    /// digest, so the token would have to sign again.
    pub fn embed(mut self, cms: &[u8]) -> Result<Vec<u8>, PdfError> {
        let reserved = (self.gap.len() - 2) / 2;
        if cms.len() > reserved {
            return Err(PdfError::TooLarge { needed: cms.len(), reserved });
        }
        let start = self.gap.start + 1;
        self.bytes[start..start + cms.len() * 2].copy_from_slice(hex(cms).as_bytes());
        Ok(self.bytes)
    }
}

/// Appends an invisible signature field and an empty signature; no existing byte changes.
///
/// # Errors
/// [`PdfError::NotPdf`], [`PdfError::Broken`], [`PdfError::TooMuch`], [`PdfError::Encrypted`]; [`PdfError::NotSignable`] for a
/// file that other programs would read differently or that its certifier has closed.
pub fn prepare(pdf: &[u8], request: &SignatureRequest) -> Result<PreparedPdf, PdfError> {
    let file = File::open(pdf)?;
    if let Some(fault) = file.fault {
        return Err(PdfError::NotSignable(fault));
    }
    if closed_by_certifier(&file)? {
        return Err(PdfError::NotSignable("certified without permission to sign"));
    }
    // What could not be verified afterwards is not signed.
    crate::signatures::signatures_in(&file)?;
    let page = *file.pages()?.first().ok_or(PdfError::Empty)?;
    let mut update = Update::new(&file);
    let field = update.fresh();
    let signature = update.fresh();
    let name = update.register_field(field)?;
    let name = unique(&request.field, &name);
    update.annotate(page, field)?;
    let page = format!("{page} {} R", file.object(page)?.generation);
    update.put(
        field,
        0,
        format!(
            "<< /Type /Annot /Subtype /Widget /FT /Sig /T {} /V {signature} 0 R /Rect [0 0 0 0] /F 132 /P {page} >>",
            text(&name)
        )
        .into_bytes(),
    );
    update.write(signature, request)
}

/// A certification signature with P=1 forbids every change (ISO 32000-1, 12.8.2.2).
fn closed_by_certifier(file: &File<'_>) -> Result<bool, PdfError> {
    let (_, catalog) = file.catalog()?;
    let Some(catalog) = catalog.value.dict() else { return Ok(false) };
    let Some(rights) = file.entry(catalog, "Perms")? else { return Ok(false) };
    let Some(rights) = rights.dict() else { return Ok(false) };
    let Some(certification) = file.entry(rights, "DocMDP")? else { return Ok(false) };
    let Some(certification) = certification.dict() else { return Ok(false) };
    let Some(references) = file.entry(certification, "Reference")? else { return Ok(false) };
    for reference in references.array().unwrap_or_default() {
        let reference = file.resolve(reference)?;
        let Some(reference) = reference.dict() else { continue };
        let Some(parameters) = file.entry(reference, "TransformParams")? else { continue };
        let level = parameters.dict().and_then(|dict| dict.find("P")).and_then(Value::int);
        if reference.has_name("TransformMethod", "DocMDP") && level == Some(1) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn unique(stem: &str, taken: &[Vec<u8>]) -> String {
    // A full stop separates parent and kid in a field's full name.
    let stem = stem.replace('.', "-");
    let stem = if stem.is_empty() { "ChuKy".to_owned() } else { stem };
    let mut name = stem.clone();
    let mut count = 2;
    while taken.iter().any(|old| *old == text_bytes(&name) || old.as_slice() == name.as_bytes()) {
        name = format!("{stem}-{count}");
        count += 1;
    }
    name
}

/// Objects to append, in file order of their numbers; the signature dictionary comes last.
struct Update<'f, 'a> {
    file: &'f File<'a>,
    next: u32,
    objects: BTreeMap<u32, (u16, Vec<u8>)>,
}

impl<'f, 'a> Update<'f, 'a> {
    fn new(file: &'f File<'a>) -> Self {
        Self { file, next: file.size(), objects: BTreeMap::new() }
    }

    fn fresh(&mut self) -> u32 {
        let number = self.next;
        self.next = self.next.saturating_add(1);
        number
    }

    fn put(&mut self, number: u32, generation: u16, text: Vec<u8>) {
        self.objects.insert(number, (generation, text));
    }

    /// Enters the field in the form and gives the names already taken.
    fn register_field(&mut self, field: u32) -> Result<Vec<Vec<u8>>, PdfError> {
        let (root, catalog) = self.file.catalog()?;
        let dict = dictionary(&catalog.value)?.clone();
        let names = match dict.find("AcroForm").filter(|value| value.kind != Kind::Null) {
            None => {
                let text = set_key(
                    &catalog.text,
                    &catalog.value,
                    "AcroForm",
                    &format!("<< /Fields [{field} 0 R] /SigFlags 3 >>"),
                )?;
                self.put(root, catalog.generation, text);
                vec![]
            }
            Some(Value { kind: Kind::Ref(number, _), .. }) => {
                let form = self.file.object(*number)?;
                let text = self.extend_form(&form.text, &form.value, field)?;
                let names = self.field_names(dictionary(&form.value)?)?;
                self.put(*number, form.generation, text);
                names
            }
            Some(form) => {
                let inner = self.extend_form(&catalog.text, form, field)?;
                let names = self.field_names(dictionary(form)?)?;
                self.put(root, catalog.generation, splice(&catalog.text, form.span.clone(), &inner));
                names
            }
        };
        Ok(names)
    }

    /// The form dictionary's text with the field and `/SigFlags 3`.
    fn extend_form(&mut self, text: &[u8], form: &Value, field: u32) -> Result<Vec<u8>, PdfError> {
        let own = text[form.span.clone()].to_vec();
        let value = crate::token::Lexer::new(&own, 0).value()?;
        let own = match dictionary(&value)?.find("Fields") {
            Some(Value { kind: Kind::Ref(number, _), .. }) => {
                self.append_to_array(*number, field)?;
                own
            }
            Some(fields) if fields.array().is_some() => append_item(&own, fields, field),
            _ => set_key(&own, &value, "Fields", &format!("[{field} 0 R]"))?,
        };
        let value = crate::token::Lexer::new(&own, 0).value()?;
        let flags = dictionary(&value)?.find("SigFlags").and_then(Value::int).unwrap_or(0);
        if flags & 3 == 3 { Ok(own) } else { set_key(&own, &value, "SigFlags", &(flags | 3).to_string()) }
    }

    fn append_to_array(&mut self, number: u32, item: u32) -> Result<(), PdfError> {
        let object = self.file.object(number)?;
        if object.value.array().is_none() {
            return Err(PdfError::Broken("list is no array"));
        }
        let text = append_item(&object.text, &object.value, item);
        self.put(number, object.generation, text);
        Ok(())
    }

    fn field_names(&self, form: &Dict) -> Result<Vec<Vec<u8>>, PdfError> {
        let Some(fields) = self.file.entry(form, "Fields")? else { return Ok(vec![]) };
        let mut names = Vec::new();
        for field in fields.array().unwrap_or_default() {
            let field = self.file.resolve(field)?;
            let Some(dict) = field.dict() else { continue };
            names.extend(self.file.entry(dict, "T")?.and_then(|name| name.text().map(<[u8]>::to_vec)));
        }
        Ok(names)
    }

    fn annotate(&mut self, page: u32, widget: u32) -> Result<(), PdfError> {
        let Object { text, value, generation, .. } = self.file.object(page)?;
        let text = match dictionary(&value)?.find("Annots").filter(|value| value.kind != Kind::Null) {
            None => set_key(&text, &value, "Annots", &format!("[{widget} 0 R]"))?,
            Some(Value { kind: Kind::Ref(number, _), .. }) => return self.append_to_array(*number, widget),
            Some(list) if list.array().is_some() => append_item(&text, list, widget),
            Some(_) => return Err(PdfError::Broken("list of annotations is no array")),
        };
        self.put(page, generation, text);
        Ok(())
    }

    fn write(self, signature: u32, request: &SignatureRequest) -> Result<PreparedPdf, PdfError> {
        let mut bytes = Vec::with_capacity(self.file.data.len() + request.reserve * 2 + 4096);
        bytes.extend(self.file.data);
        if !matches!(bytes.last(), Some(b'\n' | b'\r')) {
            bytes.push(b'\n');
        }
        let mut places: BTreeMap<u32, (usize, u16)> = BTreeMap::new();
        for (&number, (generation, text)) in &self.objects {
            places.insert(number, (bytes.len(), *generation));
            bytes.extend(format!("{number} {generation} obj\n").as_bytes());
            bytes.extend(text);
            bytes.extend(b"\nendobj\n");
        }
        places.insert(signature, (bytes.len(), 0));
        let head = format!(
            "{signature} 0 obj\n<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached{}{}{} /M ({}) /ByteRange ",
            optional("Name", &request.name),
            optional("Reason", &request.reason),
            optional("Location", &request.location),
            date(request.at),
        );
        bytes.extend(head.as_bytes());
        let range = bytes.len();
        bytes.extend(byte_range([0; 4]).as_bytes());
        bytes.extend(b" /Contents ");
        let gap = bytes.len()..bytes.len() + request.reserve * 2 + 2;
        bytes.push(b'<');
        bytes.resize(gap.end - 1, b'0');
        bytes.extend(b"> >>\nendobj\n");
        self.cross_reference(&mut bytes, places)?;
        if bytes.len() > 9_999_999_999 {
            return Err(PdfError::NotSignable("file is too large"));
        }
        let numbers = byte_range([0, gap.start, gap.end, bytes.len() - gap.end]);
        bytes[range..range + numbers.len()].copy_from_slice(numbers.as_bytes());
        let digest =
            Sha256::new().chain_update(&bytes[..gap.start]).chain_update(&bytes[gap.end..]).finalize();
        Ok(PreparedPdf { bytes, digest: digest.into(), gap })
    }

    fn cross_reference(
        &self,
        bytes: &mut Vec<u8>,
        mut places: BTreeMap<u32, (usize, u16)>,
    ) -> Result<(), PdfError> {
        let newest = self.file.sections.first().ok_or(PdfError::Broken("no cross-reference"))?;
        let start = bytes.len();
        let mut size = self.next;
        let own = size;
        if newest.form == Form::Stream {
            places.insert(own, (start, 0));
            size += 1;
        }
        let mut keys = format!("/Size {size} /Prev {}", newest.offset);
        for key in ["Root", "Info"] {
            if let Some(value) = newest.trailer.find(key) {
                let _ =
                    write!(keys, " /{key} {}", String::from_utf8_lossy(&self.file.data[value.span.clone()]));
            }
        }
        let fresh = hex(&Sha256::digest(&bytes[self.file.data.len()..])[..16]);
        let kept = match newest.trailer.find("ID").map(|id| self.file.resolve(id)).transpose()? {
            Some(id) => id.array().and_then(<[_]>::first).and_then(Value::text).map(hex),
            None => None,
        };
        let _ = write!(keys, " /ID [<{}> <{fresh}>]", kept.unwrap_or_else(|| fresh.clone()));
        let runs = runs(&places);
        match newest.form {
            Form::Table => {
                bytes.extend(b"xref\n");
                for run in runs {
                    bytes.extend(format!("{} {}\n", run[0].0, run.len()).as_bytes());
                    for (_, offset, generation) in run {
                        bytes.extend(format!("{offset:010} {generation:05} n \n").as_bytes());
                    }
                }
                bytes.extend(format!("trailer\n<< {keys} >>\n").as_bytes());
            }
            Form::Stream => {
                let mut index = String::new();
                let mut rows = Vec::new();
                for run in runs {
                    let _ = write!(index, "{} {} ", run[0].0, run.len());
                    for (_, offset, generation) in run {
                        rows.push(1);
                        rows.extend(&(offset as u64).to_be_bytes()[3..]);
                        rows.extend(generation.to_be_bytes());
                    }
                }
                let head = format!(
                    "{own} 0 obj\n<< /Type /XRef /W [1 5 2] /Index [{}] {keys} /Length {} >>\nstream\n",
                    index.trim_end(),
                    rows.len()
                );
                bytes.extend(head.as_bytes());
                bytes.extend(rows);
                bytes.extend(b"\nendstream\nendobj\n");
            }
        }
        bytes.extend(format!("startxref\n{start}\n%%EOF\n").as_bytes());
        Ok(())
    }
}

/// Runs of consecutive object numbers.
fn runs(places: &BTreeMap<u32, (usize, u16)>) -> Vec<Vec<(u32, usize, u16)>> {
    let mut runs: Vec<Vec<(u32, usize, u16)>> = Vec::new();
    for (&number, &(offset, generation)) in places {
        match runs.last_mut() {
            Some(run) if run.last().is_some_and(|last| last.0 + 1 == number) => {
                run.push((number, offset, generation))
            }
            _ => runs.push(vec![(number, offset, generation)]),
        }
    }
    runs
}

fn dictionary(value: &Value) -> Result<&Dict, PdfError> {
    value.dict().ok_or(PdfError::Broken("dictionary expected"))
}

fn splice(text: &[u8], span: Range<usize>, piece: &[u8]) -> Vec<u8> {
    [&text[..span.start], piece, &text[span.end..]].concat()
}

/// The text with one key set; every other byte stays. Spans of `value` point into `text`.
fn set_key(text: &[u8], value: &Value, key: &str, new: &str) -> Result<Vec<u8>, PdfError> {
    let dict = dictionary(value)?;
    Ok(match dict.find(key) {
        Some(old) => splice(text, old.span.clone(), format!(" {new}").as_bytes()),
        None => {
            let end = value.span.end - 2;
            splice(text, end..end, format!(" /{key} {new} ").as_bytes())
        }
    })
}

fn append_item(text: &[u8], array: &Value, item: u32) -> Vec<u8> {
    let end = array.span.end - 1;
    splice(text, end..end, format!(" {item} 0 R").as_bytes())
}

fn byte_range(numbers: [usize; 4]) -> String {
    let [a, b, c, d] = numbers;
    format!("[{a:<10} {b:<10} {c:<10} {d:<10}]")
}

fn optional(key: &str, value: &str) -> String {
    if value.is_empty() { String::new() } else { format!(" /{key} {}", text(value)) }
}

/// A text string: as hex, so no letter needs an escape.
fn text(value: &str) -> String {
    format!("<{}>", hex(&text_bytes(value)))
}

fn text_bytes(value: &str) -> Vec<u8> {
    if value.bytes().all(|b| (32..127).contains(&b)) {
        return value.as_bytes().to_vec();
    }
    [0xFE, 0xFF].into_iter().chain(value.encode_utf16().flat_map(u16::to_be_bytes)).collect()
}

fn date(at: time::OffsetDateTime) -> String {
    let zone = at.offset();
    format!(
        "D:{:04}{:02}{:02}{:02}{:02}{:02}{}{:02}'{:02}'",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second(),
        if zone.is_negative() { '-' } else { '+' },
        zone.whole_hours().unsigned_abs(),
        zone.minutes_past_hour().unsigned_abs()
    )
}
