//! `--help` in Vietnamese, with examples for every command.

use crate::arguments::Arguments;
use clap::{Arg, ArgAction, Command, CommandFactory, FromArgMatches};

/// Command and its examples; a test holds that every command has some and that each can be typed.
const EXAMPLES: &[(&str, &[&str])] = &[
    ("doctor", &["motcua doctor", "motcua doctor --json"]),
    ("vault status", &["motcua vault status --json"]),
    ("vault create", &["MOTCUA_OFFICER=lan motcua vault create"]),
    ("vault enrol", &["motcua vault enrol minh"]),
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
    ("dossier list", &["motcua dossier list", "motcua dossier list 'nguyen van'"]),
    ("dossier show", &["motcua dossier show 01a1fd07-c562-7069-b328-0c13631b4c9b --json"]),
    ("dossier scan", &["motcua dossier scan 01a1fd07-… 1 --device pnm:0"]),
    ("dossier attach", &["motcua dossier attach 01a1fd07-… 2 giay.pdf"]),
    ("dossier detach", &["motcua dossier detach 01a1fd07-… 2"]),
    ("dossier offers", &["motcua dossier offers 01a1fd07-… 2 --json"]),
    ("dossier auto", &["motcua dossier auto 01a1fd07-…"]),
    ("dossier take", &["motcua dossier take 01a1fd07-… 2 01a1f9aa-…"]),
    ("dossier confirm", &["motcua dossier confirm 01a1fd07-…"]),
    ("dossier sign", &["motcua dossier sign 01a1fd07-… 1 2 --certificate 4f1c…"]),
    ("dossier digitize", &["motcua dossier digitize 01a1fd07-… 2 --issued-on 02/02/2024"]),
    ("dossier accept", &["motcua dossier accept 01a1fd07-… --receipt giay-tiep-nhan.pdf"]),
    ("dossier return", &["motcua dossier return 01a1fd07-… --number 45/UBND-XNTTHN"]),
    ("dossier export", &["motcua dossier export 01a1fd07-… 0 --out ket-qua.pdf"]),
    ("outbox", &["motcua outbox", "motcua outbox --all --json"]),
    ("outbox resend", &["motcua outbox resend 01a1fd07-c562-7069-b328-0c13631b4c9b"]),
    ("sync", &["motcua sync", "motcua sync --watch"]),
    ("demo", &["motcua demo", "motcua --profile /tmp/quay demo --prepare"]),
];

/// Reads the command line; prints help or the mistake and ends where there is nothing to run.
pub(crate) fn parse() -> Arguments {
    Arguments::from_arg_matches(&command().get_matches()).unwrap_or_else(|error| error.exit())
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
}
