//! `--help` and the mistakes of typing in Vietnamese, with examples for every command.

use crate::arguments::Arguments;
use crate::output::{Failure, Output};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command, CommandFactory, Error, FromArgMatches};
use std::ffi::OsString;
use std::process::ExitCode;

/// Command and its examples; a test holds that every command has some and that each can be typed.
const EXAMPLES: &[(&str, &[&str])] = &[
    ("doctor", &["motcua doctor", "motcua doctor --json"]),
    ("enrol", &["motcua enrol --code 7K3M-92QX-4DTA"]),
    ("vault status", &["motcua vault status --json"]),
    ("vault create", &["MOTCUA_OFFICER=lan motcua vault create --name 'Trần Thị Mẫu'"]),
    ("vault enrol", &["motcua vault enrol minh --name 'Lê Văn Mẫu'"]),
    ("vault reopen", &["motcua vault reopen minh --key khoi-phuc.key"]),
    ("vault name", &["motcua vault name minh 'Lê Văn Mẫu'"]),
    ("scan", &["motcua scan", "motcua scan --device pnm:0 --pages 1 --out giay.pdf"]),
    ("make", &["motcua make trang-1.jpg trang-2.png --out giay.pdf --title 'Giấy xác nhận'"]),
    ("certificates", &["motcua certificates --json"]),
    ("sign", &["motcua sign giay.pdf --certificate 4f1c… --out giay-da-ky.pdf"]),
    ("verify", &["motcua verify giay-da-ky.pdf", "motcua verify giay-da-ky.pdf --trust goc.pem --json"]),
    ("identity", &["motcua identity 099090000001"]),
    ("procedures", &["motcua procedures 'dang ky ket hon'", "motcua procedures 2.000488 --json"]),
    (
        "dossier open",
        &["motcua dossier open --owner 099090000001 --name 'NGUYỄN VĂN MẪU' --procedure 2.000635.H08"],
    ),
    (
        "dossier list",
        &["motcua dossier list", "motcua dossier list 'nguyen van'", "motcua dossier list --aside"],
    ),
    ("dossier discard", &["motcua dossier discard 01a1fd07-… --reason 'mở nhầm thủ tục'"]),
    ("dossier restore", &["motcua dossier restore 01a1fd07-…"]),
    ("dossier show", &["motcua dossier show 01a1fd07-c562-7069-b328-0c13631b4c9b --json"]),
    ("dossier scan", &["motcua dossier scan 01a1fd07-… 1 --device pnm:0"]),
    ("dossier attach", &["motcua dossier attach 01a1fd07-… 2 giay.pdf"]),
    ("dossier detach", &["motcua dossier detach 01a1fd07-… 2"]),
    (
        "dossier convert",
        &["motcua dossier convert 01a1fd07-… 2", "motcua dossier convert 01a1fd07-… 2 --undo"],
    ),
    ("dossier waive", &["motcua dossier waive 01a1fd07-… 3 --database CSDLQGVDC --note 'có trong CSDL'"]),
    ("dossier offers", &["motcua dossier offers 01a1fd07-… 2 --json"]),
    ("dossier auto", &["motcua dossier auto 01a1fd07-…"]),
    ("dossier take", &["motcua dossier take 01a1fd07-… 2 01a1f9aa-…"]),
    (
        "dossier report",
        &["motcua dossier report 01a1fd07-… 01a1f9aa-… --reason wrong-information --text 'sai ngày sinh'"],
    ),
    ("dossier confirm", &["motcua dossier confirm 01a1fd07-…"]),
    ("dossier sign", &["motcua dossier sign 01a1fd07-… 1 2 --certificate 4f1c…"]),
    ("dossier digitize", &["motcua dossier digitize 01a1fd07-… 2 --issued-on 02/02/2024"]),
    ("dossier accept", &["motcua dossier accept 01a1fd07-… --receipt giay-tiep-nhan.pdf"]),
    ("dossier receipt", &["motcua dossier receipt 01a1fd07-… --out giay-tiep-nhan.pdf"]),
    ("dossier guided", &["motcua dossier guided 01a1fd07-…"]),
    ("dossier return", &["motcua dossier return 01a1fd07-… --number 45/UBND-XNTTHN"]),
    ("dossier export", &["motcua dossier export 01a1fd07-… 0 --out ket-qua.pdf"]),
    ("fee show", &["motcua fee show 01a1fd07-… --json"]),
    ("fee pay", &["motcua fee pay 01a1fd07-… --receipt AB/26P-0000123"]),
    ("fee relieve", &["motcua fee relieve 01a1fd07-… --reason 'hộ nghèo'"]),
    ("fee reverse", &["motcua fee reverse 01a1fd07-… 01a1fd08-… --reason 'thu nhầm'"]),
    ("fee mend", &["motcua fee mend 01a1fd07-… 01a1fd08-… --receipt AB/26P-0000124"]),
    ("fee shift", &["motcua fee shift", "motcua fee shift --day 20/11/2026 --json"]),
    ("feedback list", &["motcua feedback list", "motcua feedback list --json"]),
    ("feedback paper", &["motcua feedback paper 01a1fd07-… --out giay-to.pdf"]),
    (
        "feedback answer",
        &[
            "motcua feedback answer 01a1fd07-… --right 'đúng như sổ gốc'",
            "motcua feedback answer 01a1fd07-… --wrong 'sai ngày sinh'",
            "motcua feedback answer 01a1fd07-… --corrected da-sua.pdf 'đã cấp lại'",
        ],
    ),
    (
        "print",
        &[
            "motcua print 01a1fd07-…",
            "motcua print 01a1fd07-… slip",
            "motcua print 01a1fd07-… control --wait 0",
        ],
    ),
    ("printer list", &["motcua printer list", "motcua printer list --json"]),
    ("printer choose", &["motcua printer choose quay-1 --slip phieu-80", "motcua printer choose"]),
    ("printer journal", &["motcua printer journal 01a1fd07-… --json"]),
    ("printer cancel", &["motcua printer cancel 01a1fd07-… 2"]),
    ("online list", &["motcua online list", "motcua online list --json"]),
    ("online open", &["motcua online open 01a1fd07-…"]),
    (
        "online give-back",
        &["motcua online give-back 01a1fd07-…", "motcua online give-back 01a1fd07-… --confirm"],
    ),
    ("online reasons", &["motcua online reasons --json"]),
    (
        "online decline",
        &[
            "motcua online decline 01a1fd07-… --code notCompetent",
            "motcua online decline 01a1fd07-… --supplement --reason 'thiếu giấy chứng sinh'",
        ],
    ),
    ("online except", &["motcua online except 01a1fd07-… 'cơ quan chưa được cấp tài khoản'"]),
    ("online form", &["motcua online form 01a1fd07-… --out phieu-tu-choi.pdf"]),
    (
        "book",
        &[
            "motcua book",
            "motcua book --from 2026-11-01 --to 2026-11-30 --pdf so-theo-doi.pdf --csv so-theo-doi.csv",
            "motcua book --from 20/11/2026 --to 20/11/2026 --json",
            "motcua book --missing --from 2026-11-01 --to 2026-11-30 --csv con-thieu.csv",
        ],
    ),
    ("guide list", &["motcua guide list", "motcua guide list --json"]),
    ("guide show", &["motcua guide show online"]),
    ("guide print", &["motcua guide print identity --out huong-dan.pdf"]),
    ("step show", &["motcua step show 01a1fd07-… --json"]),
    ("step hand-over", &["motcua step hand-over 01a1fd07-… --to 'Công chức tư pháp'"]),
    ("step take-over", &["motcua step take-over 01a1fd07-…"]),
    ("step ask", &["motcua step ask 01a1fd07-… --item 'Bản sao giấy chứng sinh' --reason 'thiếu giấy tờ'"]),
    ("step add-paper", &["motcua step add-paper 01a1fd07-… 'Giấy ủy quyền'"]),
    ("step supplemented", &["motcua step supplemented 01a1fd07-…"]),
    ("step reappoint", &["motcua step reappoint 01a1fd07-… --day 30/11/2026 --reason 'chờ xác minh'"]),
    ("step form", &["motcua step form 01a1fd07-… control --out phieu-kiem-soat.pdf"]),
    ("step refuse", &["motcua step refuse 01a1fd07-… --reason 'không thuộc thẩm quyền'"]),
    ("step stop", &["motcua step stop 01a1fd07-… --reason 'công dân rút hồ sơ'"]),
    ("step original", &["motcua step original 01a1fd07-… 2"]),
    ("step propose", &["motcua step propose 01a1fd07-… --note 'đủ điều kiện'"]),
    (
        "step correct",
        &[
            "motcua step correct 01a1fd07-… ket-qua-dung.pdf --reason wrong-information --text 'sai ngày sinh'",
        ],
    ),
    ("step take-back", &["motcua step take-back 01a1fd07-…"]),
    ("desk list", &["motcua desk list", "motcua desk list --unit 'Công chức tư pháp' --state late --json"]),
    ("desk receive", &["motcua desk receive 01a1fd07-… 01a1fd08-…"]),
    (
        "desk hand-on",
        &["motcua desk hand-on 01a1fd07-… 01a1fd08-… --to 'Công chức tư pháp' --note 'đề nghị thẩm tra'"],
    ),
    ("desk propose", &["motcua desk propose 01a1fd07-… --to 'Lãnh đạo UBND' --note 'đủ điều kiện'"]),
    ("supervise queue", &["motcua supervise queue", "motcua supervise queue --state late --csv qua-han.csv"]),
    (
        "supervise reassign",
        &[
            "motcua supervise reassign 01a1fd07-… --to 'Công chức tư pháp' --officer mai --reason 'cán bộ nghỉ phép'",
        ],
    ),
    ("supervise approvals", &["motcua supervise approvals", "motcua supervise approvals --json"]),
    ("supervise paper", &["motcua supervise paper 01a1fd07-… --out ban-dinh-chinh.pdf"]),
    ("supervise approve", &["motcua supervise approve 01a1fd07-… --approver truongphong"]),
    ("supervise refuse", &["motcua supervise refuse 01a1fd07-… --reason 'bản đúng chưa có dấu'"]),
    ("outbox", &["motcua outbox", "motcua outbox --all --json"]),
    ("outbox resend", &["motcua outbox resend 01a1fd07-c562-7069-b328-0c13631b4c9b"]),
    ("outbox reconcile", &["motcua outbox reconcile", "motcua outbox reconcile --days 7 --json"]),
    (
        "outbox withdraw",
        &[
            "motcua outbox withdraw 01a1fd07-c562-7069-b328-0c13631b4c9b --approver truongphong --reason 'quét nhầm giấy'",
        ],
    ),
    (
        "outbox export",
        &[
            "motcua outbox export --to /media/usb/quay-1.mcgoi",
            "motcua outbox export --to goi.mcgoi --op 01a1fd07-… --json",
        ],
    ),
    ("outbox rescue", &["motcua --profile /mnt/quay-1 outbox rescue --key khoi-phuc.key --to quay-1.mcgoi"]),
    ("package send", &["motcua package send /media/usb/quay-1.mcgoi"]),
    ("package info", &["motcua package info /media/usb/quay-1.mcgoi --json"]),
    ("sync", &["motcua sync", "motcua sync --watch"]),
    (
        "demo",
        &["motcua demo", "motcua --profile /tmp/quay demo --prepare", "motcua --training demo --window"],
    ),
];

/// Reads the command line; prints help or what was typed wrong, and how to end, where there is nothing
/// to run.
pub(crate) fn parse() -> Result<Arguments, ExitCode> {
    let words: Vec<OsString> = std::env::args_os().collect();
    read(&words).map_err(|error| {
        if matches!(
            error.kind(),
            ErrorKind::DisplayHelp
                | ErrorKind::DisplayVersion
                | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
        ) {
            // Nobody reads a help text whose pipe is closed.
            drop(error.print());
            return u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from);
        }
        let json = words.iter().any(|word| word == "--json");
        Output { json }.fail(&Failure::Usage(mistake(&error, &words)))
    })
}

fn read(words: &[OsString]) -> Result<Arguments, Error> {
    Arguments::from_arg_matches(&command().try_get_matches_from(words)?)
}

/// What was typed wrong, and what to do.
#[derive(Debug)]
pub(crate) struct Mistake {
    pub(crate) said: String,
    pub(crate) todo: String,
}

fn mistake(error: &Error, words: &[OsString]) -> Mistake {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        Some(ContextValue::StyledStr(text)) => text.to_string(),
        _ => String::new(),
    };
    let argument = text(ContextKind::InvalidArg);
    let value = text(ContextKind::InvalidValue);
    let said = match error.kind() {
        ErrorKind::UnknownArgument => format!("Không có tham số hay tùy chọn «{argument}»."),
        ErrorKind::InvalidSubcommand => format!("Không có lệnh «{}».", text(ContextKind::InvalidSubcommand)),
        ErrorKind::MissingSubcommand => "Còn thiếu lệnh.".to_owned(),
        ErrorKind::MissingRequiredArgument => format!("Còn thiếu: {argument}."),
        ErrorKind::ArgumentConflict => {
            format!("«{argument}» không đi cùng «{}».", text(ContextKind::PriorArg))
        }
        ErrorKind::InvalidValue | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues
            if value.is_empty() =>
        {
            format!("«{argument}» cần một giá trị.")
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            format!("Giá trị «{value}» của «{argument}» không đúng.")
        }
        ErrorKind::InvalidUtf8 => "Có chữ không phải UTF-8.".to_owned(),
        _ => "Gõ sai lệnh.".to_owned(),
    };
    let mut todo = vec![];
    let near = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
    if let Some(near) = near.map(text).into_iter().find(|near| !near.is_empty()) {
        todo.push(format!("Có phải là «{near}»?"));
    }
    let valid = text(ContextKind::ValidValue);
    if !valid.is_empty() {
        todo.push(format!("Chọn một trong: {valid}."));
    }
    let mut whole = command();
    whole.build();
    let (place, path) = place(&whole, words);
    if error.kind() == ErrorKind::ValueValidation {
        let about = place.get_arguments().find(|known| argument.starts_with(&known.to_string()));
        todo.extend(about.and_then(Arg::get_help).map(|help| format!("{argument}: {help}.")));
    }
    todo.push(format!("Xem cách gõ: {path} --help"));
    Mistake { said, todo: todo.join("\n  ") }
}

/// The command that was meant, as far as it was typed right.
fn place<'c>(root: &'c Command, words: &[OsString]) -> (&'c Command, String) {
    let mut here = root;
    let mut path = "motcua".to_owned();
    let mut words = words.iter().skip(1);
    while let Some(word) = words.next() {
        if word == "--profile" {
            words.next();
        } else if !word.to_string_lossy().starts_with('-') {
            let Some(next) = here.find_subcommand(word) else { break };
            here = next;
            path = format!("{path} {}", next.get_name());
        }
    }
    (here, path)
}

fn command() -> Command {
    let version =
        Arg::new("version").short('V').long("version").action(ArgAction::Version).help("In phiên bản");
    let root = Arguments::command().disable_version_flag(true).arg(version);
    EXAMPLES
        .iter()
        .fold(in_vietnamese(root), |root, (path, lines)| with_examples(root, path.split(' '), lines))
}

fn with_examples<'p>(command: Command, mut path: impl Iterator<Item = &'p str>, lines: &[&str]) -> Command {
    match path.next() {
        Some(name) => {
            let rest: Vec<&str> = path.collect();
            command.mut_subcommand(name, |inner| with_examples(inner, rest.into_iter(), lines))
        }
        None => command.after_help(format!("Ví dụ:\n  {}", lines.join("\n  "))),
    }
}

/// The words clap brings itself.
fn in_vietnamese(command: Command) -> Command {
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help).help("In hướng dẫn này");
    command
        .help_template("{about-with-newline}\nCách dùng: {usage}\n\n{all-args}{after-help}")
        .subcommand_help_heading("Lệnh")
        .subcommand_value_name("LỆNH")
        .disable_help_subcommand(true)
        .disable_help_flag(true)
        .arg(help)
        .mut_args(|arg| {
            let heading = if arg.is_positional() { "Tham số" } else { "Tùy chọn" };
            arg.help_heading(heading)
        })
        .mut_subcommands(in_vietnamese)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn leaves(command: &Command, path: &str) -> Vec<String> {
        if command.get_subcommands().next().is_none() {
            return vec![path.to_owned()];
        }
        let below = |c: &Command| leaves(c, format!("{path} {}", c.get_name()).trim());
        command.get_subcommands().flat_map(below).collect()
    }

    #[test]
    fn every_command_has_examples_and_each_can_be_typed() {
        command().debug_assert();
        let mut missing = leaves(&Arguments::command(), "");
        missing.retain(|path| !EXAMPLES.iter().any(|(named, _)| named == path));
        assert_eq!(missing, Vec::<String>::new());
        for line in EXAMPLES.iter().flat_map(|(_, lines)| *lines) {
            // Words as a shell cuts them; what stands before the program's name is its environment.
            let words: Vec<String> = line
                .split('\'')
                .enumerate()
                .flat_map(|(n, part)| match n % 2 {
                    0 => part.split_whitespace().map(str::to_owned).collect(),
                    _ => vec![part.to_owned()],
                })
                .skip_while(|word| word != "motcua")
                .collect();
            let typed = command().try_get_matches_from(&words);
            assert!(typed.is_ok(), "{line}: {}", typed.unwrap_err());
        }
    }

    #[test]
    fn help_speaks_vietnamese() {
        let text = command().find_subcommand_mut("scan").unwrap().render_long_help().to_string();
        assert!(
            text.contains("Cách dùng:") && text.contains("Tùy chọn:") && text.contains("Ví dụ:"),
            "{text}"
        );
        assert!(!text.contains("Usage") && !text.contains("Print help"), "{text}");
    }

    #[test]
    fn what_is_typed_wrong_is_told_in_vietnamese_with_the_way_on() {
        for (line, said, todo) in [
            ("motcua doktor", "Không có lệnh «doktor».", "Có phải là «doctor»?"),
            ("motcua dossier --profile doctor shw", "Không có lệnh «shw».", "motcua dossier --help"),
            ("motcua dossier show", "Còn thiếu: <ID>.", "motcua dossier show --help"),
            ("motcua doctor --jsn", "Không có tham số hay tùy chọn «--jsn».", "Có phải là «--json»?"),
            ("motcua scan --dpi 100", "Giá trị «100» của «--dpi <DPI>» không đúng.", "không dưới 200"),
            ("motcua dossier scan x hai", "Giá trị «hai» của «<COMPONENT>» không đúng.", "Thành phần."),
            (
                "motcua scan --source x",
                "Giá trị «x» của «--source <SOURCE>» không đúng.",
                "auto, flatbed, feeder",
            ),
            ("motcua scan --device", "«--device <DEVICE>» cần một giá trị.", "motcua scan --help"),
            ("motcua demo --prepare --window", "«--prepare» không đi cùng «--window».", "motcua demo --help"),
            (
                "motcua dossier digitize x 1 --issued-on 31/02/2024",
                "Giá trị «31/02/2024» của «--issued-on <ISSUED_ON>» không đúng.",
                "dd/MM/yyyy",
            ),
        ] {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let told = mistake(&read(&words).err().unwrap(), &words);
            assert_eq!(told.said, said, "{line}");
            assert!(told.todo.contains(todo), "{line}: {}", told.todo);
            assert!(told.todo.contains("--help"), "{line}: {}", told.todo);
        }
    }
}
