//! Messages of the Internet Printing Protocol (RFC 8010): a request written, an answer read.

/// Operations (RFC 8011, section 5.4.15; CUPS's own above 0x4000).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u16)]
pub(crate) enum Operation {
    PrintJob = 0x0002,
    CancelJob = 0x0008,
    JobAttributes = 0x0009,
    PrinterAttributes = 0x000b,
    Printers = 0x4002,
}

const OPERATION_GROUP: u8 = 0x01;
const JOB_GROUP: u8 = 0x02;
const END: u8 = 0x03;

const INTEGER: u8 = 0x21;
const BOOLEAN: u8 = 0x22;
const ENUM: u8 = 0x23;
const NAME: u8 = 0x42;
const KEYWORD: u8 = 0x44;
const URI: u8 = 0x45;
const CHARSET: u8 = 0x47;
const LANGUAGE: u8 = 0x48;
const MEDIA_TYPE: u8 = 0x49;

/// A request as it is written.
pub(crate) struct Request(Vec<u8>);

impl Request {
    /// Begins with what every request begins with.
    pub(crate) fn new(operation: Operation) -> Self {
        let mut request = Self(vec![2, 0]);
        request.0.extend((operation as u16).to_be_bytes());
        // One question on one connection: its number tells nobody anything.
        request.0.extend(1u32.to_be_bytes());
        request.0.push(OPERATION_GROUP);
        request.value(CHARSET, "attributes-charset", b"utf-8");
        request.value(LANGUAGE, "attributes-natural-language", b"en");
        request
    }

    pub(crate) fn uri(mut self, name: &str, uri: &str) -> Self {
        self.value(URI, name, uri.as_bytes());
        self
    }

    pub(crate) fn name(mut self, name: &str, text: &str) -> Self {
        self.value(NAME, name, text.as_bytes());
        self
    }

    pub(crate) fn media_type(mut self, name: &str, text: &str) -> Self {
        self.value(MEDIA_TYPE, name, text.as_bytes());
        self
    }

    pub(crate) fn keyword(mut self, name: &str, word: &str) -> Self {
        self.value(KEYWORD, name, word.as_bytes());
        self
    }

    /// Several values of one name.
    pub(crate) fn keywords(mut self, name: &str, words: &[&str]) -> Self {
        for (number, word) in words.iter().enumerate() {
            self.value(KEYWORD, if number == 0 { name } else { "" }, word.as_bytes());
        }
        self
    }

    pub(crate) fn integer(mut self, name: &str, number: i32) -> Self {
        self.value(INTEGER, name, &number.to_be_bytes());
        self
    }

    pub(crate) fn boolean(mut self, name: &str, yes: bool) -> Self {
        self.value(BOOLEAN, name, &[u8::from(yes)]);
        self
    }

    /// What follows is about the job.
    pub(crate) fn job(mut self) -> Self {
        self.0.push(JOB_GROUP);
        self
    }

    /// The message, with a document behind it.
    pub(crate) fn finish(mut self, document: &[u8]) -> Vec<u8> {
        self.0.push(END);
        self.0.extend(document);
        self.0
    }

    fn value(&mut self, tag: u8, name: &str, bytes: &[u8]) {
        self.0.push(tag);
        for part in [name.as_bytes(), bytes] {
            let part = part.get(..usize::from(u16::MAX).min(part.len())).unwrap_or_default();
            self.0.extend(u16::try_from(part.len()).unwrap_or(u16::MAX).to_be_bytes());
            self.0.extend(part);
        }
    }
}

/// An answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Answer {
    /// Below 0x0400: done.
    pub(crate) status: u16,
    /// What each group says, in order; the first is about the operation.
    pub(crate) groups: Vec<Group>,
}

/// Names and values that belong together: a job, a printer.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(crate) struct Group(Vec<(String, u8, Vec<u8>)>);

impl Group {
    /// The first text of that name.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.texts(name).into_iter().next()
    }

    /// All texts of that name.
    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        let of_name = self.0.iter().filter(|(known, tag, _)| known == name && *tag >= 0x40);
        of_name.map(|(_, _, bytes)| String::from_utf8_lossy(bytes).into_owned()).collect()
    }

    /// The number, or the number of a word.
    pub(crate) fn number(&self, name: &str) -> Option<i32> {
        let (_, _, bytes) =
            self.0.iter().find(|(known, tag, _)| known == name && [INTEGER, ENUM].contains(tag))?;
        Some(i32::from_be_bytes(bytes.as_slice().try_into().ok()?))
    }

    /// Yes or no.
    pub(crate) fn is(&self, name: &str) -> Option<bool> {
        let (_, _, bytes) = self.0.iter().find(|(known, tag, _)| known == name && *tag == BOOLEAN)?;
        Some(bytes.first()? != &0)
    }
}

/// Reads an answer; none when it is none.
pub(crate) fn read(bytes: &[u8]) -> Option<Answer> {
    let mut rest = bytes;
    take(&mut rest, 2)?;
    let status = number(&mut rest)?;
    take(&mut rest, 4)?;
    let mut groups: Vec<Group> = vec![];
    loop {
        let tag = *take(&mut rest, 1)?.first()?;
        if tag == END {
            return Some(Answer { status, groups });
        }
        if tag < 0x10 {
            groups.push(Group::default());
            continue;
        }
        let length = number(&mut rest)?;
        let name = take(&mut rest, usize::from(length))?;
        let length = number(&mut rest)?;
        let value = take(&mut rest, usize::from(length))?;
        let group = groups.last_mut()?;
        // Without a name it is a further value of the one before.
        let name = match name {
            [] => group.0.last()?.0.clone(),
            name => String::from_utf8_lossy(name).into_owned(),
        };
        group.0.push((name, tag, value.to_vec()));
    }
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(length)?;
    *rest = left;
    Some(taken)
}

fn number(rest: &mut &[u8]) -> Option<u16> {
    Some(u16::from_be_bytes(take(rest, 2)?.try_into().ok()?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_request_reads_as_what_was_asked() {
        let message = Request::new(Operation::PrintJob)
            .uri("printer-uri", "ipp://localhost/printers/mot")
            .keywords("requested-attributes", &["job-state", "job-id"])
            .job()
            .integer("copies", 2)
            .finish(b"%PDF-1.7");
        assert!(message.ends_with(b"\x03%PDF-1.7"));
        let read = read(&message).unwrap();
        assert_eq!(read.status, Operation::PrintJob as u16, "the same place in a request");
        assert_eq!(read.groups[0].text("printer-uri").as_deref(), Some("ipp://localhost/printers/mot"));
        assert_eq!(read.groups[0].texts("requested-attributes"), ["job-state", "job-id"]);
        assert_eq!(read.groups[1].number("copies"), Some(2));
    }

    #[test]
    fn an_answer_that_is_cut_off_anywhere_is_none() {
        let whole = Request::new(Operation::JobAttributes).job().integer("job-id", 7).finish(b"");
        for end in 0..whole.len() {
            assert_eq!(read(&whole[..end]), None, "{end}");
        }
        assert!(read(&whole).is_some());
    }
}
