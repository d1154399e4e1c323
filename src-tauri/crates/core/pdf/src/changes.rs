//! What later revisions did to a signed one, judged by a whitelist.
//!
//! Allowed: further signature fields with their widgets and signatures, filling an empty signature
//! field, validation material (`/DSS`), metadata. Everything else is a change.

use crate::PdfError;
use crate::file::{Entry, File, Object};
use crate::token::{Dict, Kind, Value};
use std::cell::OnceCell;
use std::collections::BTreeSet;

/// Whether `now` differs from `signed`, an earlier revision of the same file, by more than is allowed.
pub(crate) fn changed_beyond_signing(signed: &File<'_>, now: &File<'_>) -> Result<bool, PdfError> {
    for key in ["Root", "Encrypt"] {
        if signed.trailer().find(key) != now.trailer().find(key) {
            return Ok(true);
        }
    }
    if now.fault == Some("bytes after the end mark") {
        return Ok(true);
    }
    let mut diff =
        Diff { signed, now, allowed: BTreeSet::new(), content: OnceCell::new(), shown: OnceCell::new() };
    let touched = diff.touched()?;
    if touched.is_empty() {
        return Ok(false);
    }
    if !diff.catalog()? {
        return Ok(true);
    }
    for page in signed.pages()? {
        if touched.contains(&page) && !diff.page(page)? {
            return Ok(true);
        }
        if !diff.indirect_annotations(page, &touched)? {
            return Ok(true);
        }
    }
    for number in touched {
        if !diff.allowed.contains(&number) && !diff.harmless(number)? {
            return Ok(true);
        }
    }
    Ok(false)
}

struct Diff<'s, 'a> {
    signed: &'s File<'a>,
    now: &'s File<'a>,
    /// Objects whose change or arrival has been explained.
    allowed: BTreeSet<u32>,
    /// Objects of `signed` that are more than validation material, and all that `now` shows; found once.
    content: OnceCell<BTreeSet<u32>>,
    shown: OnceCell<BTreeSet<u32>>,
}

impl Diff<'_, '_> {
    /// Numbers whose object differs between the revisions.
    fn touched(&self) -> Result<BTreeSet<u32>, PdfError> {
        let mut touched = BTreeSet::new();
        let numbers: BTreeSet<u32> =
            self.signed.entries.keys().chain(self.now.entries.keys()).copied().collect();
        for number in numbers {
            let (old, new) = (self.entry(self.signed, number), self.entry(self.now, number));
            if old == new {
                continue;
            }
            let same = match (old, new) {
                (Entry::Free, _) | (_, Entry::Free) => false,
                _ => self.same_object(number)?,
            };
            if !same {
                touched.insert(number);
            }
        }
        Ok(touched)
    }

    fn entry(&self, file: &File<'_>, number: u32) -> Entry {
        file.entries.get(&number).copied().unwrap_or(Entry::Free)
    }

    fn same_object(&self, number: u32) -> Result<bool, PdfError> {
        let (old, new) = (self.signed.object(number)?, self.now.object(number)?);
        if old.value != new.value || File::is_stream(&old) != File::is_stream(&new) {
            return Ok(false);
        }
        Ok(!File::is_stream(&old) || self.signed.raw_stream(&old)? == self.now.raw_stream(&new)?)
    }

    /// The catalog may gain or extend its form and its validation material.
    fn catalog(&mut self) -> Result<bool, PdfError> {
        let (number, old) = self.signed.catalog()?;
        let (_, new) = self.now.catalog()?;
        let (Some(old), Some(new)) = (old.value.dict(), new.value.dict()) else { return Ok(false) };
        if !same_but(old, new, &["AcroForm", "DSS", "Extensions", "Metadata", "Version"]) {
            return Ok(false);
        }
        self.allowed.insert(number);
        for key in ["DSS", "Extensions"] {
            self.allow_subtree(new.find(key));
        }
        if let Some(metadata) = new.find("Metadata").and_then(Value::reference) {
            let object = self.now.object(metadata)?;
            let plain = object.value.dict().is_some_and(|dict| dict.has_name("Type", "Metadata"));
            let before = old.find("Metadata").and_then(Value::reference);
            if !plain || (before != Some(metadata) && !self.is_new(metadata)) {
                return Ok(false);
            }
            self.allowed.insert(metadata);
        }
        if let Some(info) = self.now.trailer().find("Info").and_then(Value::reference)
            && (self.is_new(info)
                || self.signed.trailer().find("Info").and_then(Value::reference) == Some(info))
        {
            self.allowed.insert(info);
        }
        self.form(old.find("AcroForm"), new.find("AcroForm"))
    }

    fn form(&mut self, old: Option<&Value>, new: Option<&Value>) -> Result<bool, PdfError> {
        let Some(new) = new else { return Ok(old.is_none()) };
        let empty = Value { kind: Kind::Dict(Dict::default()), span: 0..0 };
        let before = old.map(|old| self.signed.resolve(old)).transpose()?.unwrap_or(empty);
        let after = self.now.resolve(new)?;
        let (Some(before), Some(after)) = (before.dict(), after.dict()) else { return Ok(false) };
        if old.is_some() && !same_but(before, after, &["Fields", "SigFlags", "DR"]) {
            return Ok(false);
        }
        if let (true, false) = (old.is_some(), self.grown(before.find("DR"), after.find("DR"), 0)?) {
            return Ok(false);
        }
        if old.is_none() && after.find("XFA").is_some() {
            return Ok(false);
        }
        self.allowed.extend(new.reference());
        let old_fields = self.list(self.signed, before.find("Fields"))?;
        let new_fields = self.list(self.now, after.find("Fields"))?;
        self.allowed.extend(after.find("Fields").and_then(Value::reference));
        let Some(added) = added(&old_fields, &new_fields) else { return Ok(false) };
        for field in added {
            if !self.new_signature_field(&field)? {
                return Ok(false);
            }
        }
        for field in &old_fields {
            self.filled_field(field, 0)?;
        }
        Ok(true)
    }

    /// Default resources that gained new entries and kept all old ones.
    fn grown(&mut self, old: Option<&Value>, new: Option<&Value>, depth: usize) -> Result<bool, PdfError> {
        let (Some(old), Some(new)) = (old, new) else {
            self.allow_new_subtree(new);
            return Ok(old.is_none());
        };
        let (before, after) = (self.signed.resolve(old)?, self.now.resolve(new)?);
        if before == after && old == new {
            return Ok(true);
        }
        let (Some(before), Some(after)) = (before.dict(), after.dict()) else { return Ok(false) };
        if depth > 1 {
            return Ok(false);
        }
        self.allowed.extend(new.reference());
        for (key, value) in &before.0 {
            let now = after.0.iter().find(|(name, _)| name == key).map(|(_, value)| value);
            if now.is_none() || !self.grown(Some(value), now, depth + 1)? {
                return Ok(false);
            }
        }
        for (key, value) in &after.0 {
            if !before.0.iter().any(|(name, _)| name == key) {
                self.allow_new_subtree(Some(value));
            }
        }
        Ok(true)
    }

    fn page(&mut self, page: u32) -> Result<bool, PdfError> {
        let (old, new) = (self.signed.object(page)?, self.now.object(page)?);
        let (Some(old), Some(new)) = (old.value.dict(), new.value.dict()) else { return Ok(false) };
        if !same_but(old, new, &["Annots"]) {
            return Ok(false);
        }
        self.allowed.insert(page);
        self.annotations(old.find("Annots"), new.find("Annots"))
    }

    fn indirect_annotations(&mut self, page: u32, touched: &BTreeSet<u32>) -> Result<bool, PdfError> {
        let old = self.signed.object(page)?;
        let Some(list) = old.value.dict().and_then(|dict| dict.find("Annots")) else { return Ok(true) };
        match list.reference() {
            Some(number) if touched.contains(&number) => self.annotations(Some(list), Some(list)),
            _ => Ok(true),
        }
    }

    fn annotations(&mut self, old: Option<&Value>, new: Option<&Value>) -> Result<bool, PdfError> {
        let before = self.list(self.signed, old)?;
        let after = self.list(self.now, new)?;
        self.allowed.extend(new.and_then(Value::reference));
        let Some(added) = added(&before, &after) else { return Ok(false) };
        // The form has already explained the fields it gained; their widgets are among them.
        Ok(added.iter().all(|item| item.reference().is_some_and(|number| self.allowed.contains(&number))))
    }

    fn list(&self, file: &File<'_>, value: Option<&Value>) -> Result<Vec<Value>, PdfError> {
        let Some(value) = value else { return Ok(vec![]) };
        let value = file.resolve(value)?;
        match &value.kind {
            Kind::Array(items) => Ok(items.clone()),
            Kind::Null => Ok(vec![]),
            _ => Err(PdfError::Broken("list is no array")),
        }
    }

    /// A field that came later: a signature field, signed or at least invisible, made of new objects only.
    fn new_signature_field(&mut self, field: &Value) -> Result<bool, PdfError> {
        let Some(number) = field.reference().filter(|&number| self.is_new(number)) else { return Ok(false) };
        let object = self.now.object(number)?;
        let Some(dict) = object.value.dict() else { return Ok(false) };
        if !dict.has_name("FT", "Sig") {
            return Ok(false);
        }
        let signed = dict.find("V").and_then(Value::reference).is_some_and(|value| self.is_new(value));
        let mut shown = dict.find("AP").is_some();
        self.allowed.insert(number);
        let list = dict.find("Kids").and_then(Value::reference);
        self.allowed.extend(list.filter(|&list| self.is_new(list)));
        for kid in self.list(self.now, dict.find("Kids"))? {
            let Some(kid) = kid.reference().filter(|&kid| self.is_new(kid)) else { return Ok(false) };
            let widget = self.now.object(kid)?;
            let Some(widget) = widget.value.dict() else { return Ok(false) };
            if !widget.has_name("Subtype", "Widget") || widget.find("Kids").is_some() {
                return Ok(false);
            }
            shown |= widget.find("AP").is_some();
            self.allowed.insert(kid);
            self.allow_new_subtree(widget.find("AP"));
        }
        for key in ["V", "AP", "Lock", "SV"] {
            self.allow_new_subtree(dict.find(key));
        }
        Ok(signed || !shown)
    }

    /// An empty signature field that was there before may have been signed.
    fn filled_field(&mut self, field: &Value, depth: usize) -> Result<(), PdfError> {
        let Some(number) = field.reference().filter(|_| depth < 32) else { return Ok(()) };
        if self.entry(self.signed, number) == Entry::Free || self.entry(self.now, number) == Entry::Free {
            return Ok(());
        }
        let (old, new) = (self.signed.object(number)?, self.now.object(number)?);
        let (Some(old), Some(new)) = (old.value.dict(), new.value.dict()) else { return Ok(()) };
        let signs = old.has_name("FT", "Sig") && old.find("V").is_none();
        // Signing may lock the widget (bit 8), never hide or show it.
        let flags = |dict: &Dict| dict.find("F").and_then(Value::int).unwrap_or(0) | 128;
        if signs && same_but(old, new, &["V", "AP", "M", "F"]) && flags(old) == flags(new) {
            self.allowed.insert(number);
            for key in ["V", "AP"] {
                self.allow_new_subtree(new.find(key));
            }
        }
        for kid in self.list(self.signed, old.find("Kids"))? {
            self.filled_field(&kid, depth + 1)?;
        }
        Ok(())
    }

    /// The signed revision neither had an object of that number nor could refer to it.
    fn is_new(&self, number: u32) -> bool {
        self.entry(self.signed, number) == Entry::Free
            && (number >= self.signed.size() || !self.refers_to(number).unwrap_or(true))
    }

    fn refers_to(&self, number: u32) -> Result<bool, PdfError> {
        for (&other, entry) in &self.signed.entries {
            if *entry == Entry::Free {
                continue;
            }
            let mut found = false;
            self.signed.object(other)?.value.walk(&mut |value| found |= value.reference() == Some(number));
            if found {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn allow_new_subtree(&mut self, value: Option<&Value>) {
        self.allow(value, true);
    }

    /// Validation material may be replaced as well as added.
    fn allow_subtree(&mut self, value: Option<&Value>) {
        self.allow(value, false);
    }

    fn allow(&mut self, value: Option<&Value>, only_new: bool) {
        let before = if only_new { BTreeSet::new() } else { self.content().clone() };
        let mut numbers = Vec::new();
        value.into_iter().for_each(|value| value.walk(&mut |inner| numbers.extend(inner.reference())));
        // Numbers wait, not values: one value is held at a time.
        let mut todo = Vec::new();
        loop {
            for number in numbers.drain(..) {
                let fits = if only_new { self.is_new(number) } else { !before.contains(&number) };
                if fits && self.allowed.insert(number) {
                    todo.push(number);
                }
            }
            let Some(number) = todo.pop() else { return };
            if let Ok(object) = self.now.object(number) {
                object.value.walk(&mut |inner| numbers.extend(inner.reference()));
            }
        }
    }

    fn content(&self) -> &BTreeSet<u32> {
        self.content.get_or_init(|| reachable(self.signed, &[b"DSS", b"Extensions"]))
    }

    /// Containers of the file's own structure, and objects that nobody could ever see.
    fn harmless(&self, number: u32) -> Result<bool, PdfError> {
        if self.entry(self.now, number) == Entry::Free {
            return Ok(number == 0);
        }
        if !self.shown.get_or_init(|| reachable(self.now, &[])).contains(&number)
            && !self.content().contains(&number)
        {
            return Ok(true);
        }
        if !self.is_new(number) {
            return Ok(false);
        }
        let object: Object<'_> = self.now.object(number)?;
        let kind = object.value.dict().and_then(|dict| dict.find("Type")).and_then(Value::name);
        Ok(File::is_stream(&object) && matches!(kind, Some(b"XRef" | b"ObjStm")))
    }
}

/// Objects that can be reached from the catalog without these keys of it.
fn reachable(file: &File<'_>, without: &[&[u8]]) -> BTreeSet<u32> {
    let mut seen = BTreeSet::new();
    let Ok((root, catalog)) = file.catalog() else { return seen };
    seen.insert(root);
    let keys = catalog.value.dict().map(|dict| dict.0.as_slice()).unwrap_or_default();
    let kept = keys.iter().filter(|(key, _)| !without.contains(&key.as_slice()));
    let mut numbers = Vec::new();
    kept.for_each(|(_, value)| value.walk(&mut |inner| numbers.extend(inner.reference())));
    // Numbers wait, not values: one value is held at a time.
    let mut todo = Vec::new();
    loop {
        todo.extend(numbers.drain(..).filter(|&number| seen.insert(number)));
        let Some(number) = todo.pop() else { return seen };
        if let Ok(object) = file.object(number) {
            object.value.walk(&mut |inner| numbers.extend(inner.reference()));
        }
    }
}

/// The dictionaries are equal except for these keys.
fn same_but(old: &Dict, new: &Dict, keys: &[&str]) -> bool {
    let counts = |name: &[u8]| !keys.iter().any(|key| key.as_bytes() == name);
    let rest = |dict: &Dict| dict.0.iter().filter(|(name, _)| counts(name)).count();
    rest(old) == rest(new)
        && old
            .0
            .iter()
            .filter(|(name, _)| counts(name))
            .all(|(name, value)| new.0.iter().any(|(other, changed)| other == name && changed == value))
}

/// What a list gained, if everything old is still there in its order.
fn added(old: &[Value], new: &[Value]) -> Option<Vec<Value>> {
    let mut waiting = old.iter().peekable();
    let mut added = Vec::new();
    for item in new {
        if waiting.peek().is_some_and(|expected| *expected == item) {
            waiting.next();
        } else {
            added.push(item.clone());
        }
    }
    waiting.peek().is_none().then_some(added)
}
