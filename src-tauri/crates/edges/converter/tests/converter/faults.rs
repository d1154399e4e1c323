//! Programs in LibreOffice's place that hang, crash, lie and grow.

use crate::{bench, convert, script};
use motcua_converter::LibreOffice;
use motcua_desk::ports::{ConvertError, Converter};
use motcua_testkit::word::docx;
use std::path::Path;
use std::time::{Duration, Instant};

#[tokio::test]
async fn what_hangs_is_killed_with_all_it_started() {
    let bench = bench(Path::new("/nowhere"));
    let office = bench.endless.clone().with_patience(Duration::from_millis(400));
    let begun = Instant::now();
    assert_eq!(convert(&office, &docx("Đơn")).await, Err(ConvertError::Hung));
    assert!(begun.elapsed() < Duration::from_secs(3));
    for _ in 0..100 {
        if bench.left() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{} are left", bench.left());
}

#[tokio::test]
async fn crashes_lies_and_silence_are_refusals() {
    let dir = tempfile::tempdir().unwrap();
    for (name, does) in [
        ("crash", "kill -SEGV $$"),
        ("fails", "exit 3"),
        ("silent", "exit 0"),
        ("again", "exit 81"),
        ("lies", "echo no pdf > out/in.pdf"),
        ("link", "ln -s /dev/zero out/in.pdf"),
    ] {
        let office = LibreOffice::at(script(dir.path(), name, does), dir.path().join("place"));
        assert_eq!(
            convert(&office, &docx("Đơn")).await.err(),
            Some(match name {
                "link" => ConvertError::TooLarge,
                _ => ConvertError::Failed,
            }),
            "{name}"
        );
        assert_eq!(std::fs::read_dir(dir.path().join("place")).unwrap().count(), 0, "{name} leaves nothing");
    }
}

#[tokio::test]
async fn a_greedy_program_gets_its_share_and_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let greedy =
        script(dir.path(), "greedy", "python3 -c 'x = bytearray(6 * 1024 ** 3)' && echo %PDF- > out/in.pdf");
    let office = LibreOffice::at(greedy, dir.path().join("place"));
    assert_eq!(convert(&office, &docx("Đơn")).await, Err(ConvertError::Failed), "memory");
    let filling = script(dir.path(), "filling", "head -c 400000000 /dev/zero > out/in.pdf");
    let office = LibreOffice::at(filling, dir.path().join("place"));
    assert_eq!(convert(&office, &docx("Đơn")).await, Err(ConvertError::Failed), "room");
}

#[tokio::test]
async fn without_a_private_place_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("place");
    std::fs::write(&file, "in the way").unwrap();
    let office = LibreOffice::at(script(dir.path(), "well", "exit 0"), file);
    assert_eq!(convert(&office, &docx("Đơn")).await, Err(ConvertError::NoRoom));
}

#[tokio::test]
async fn the_file_is_for_this_user_alone_while_it_is_converted() {
    let dir = tempfile::tempdir().unwrap();
    let told = dir.path().join("told");
    let look = format!(
        "stat -c '%a %n' . in.docx > {told}; touch new; stat -c '%a %n' new >> {told}",
        told = told.display()
    );
    let office = LibreOffice::at(script(dir.path(), "look", &look), dir.path().join("place"));
    assert!(convert(&office, &docx("Đơn")).await.is_err());
    let told = std::fs::read_to_string(told).unwrap();
    assert!(told.starts_with("700 ."), "{told}");
    assert!(told.contains("600 new"), "{told}");
}

/// The program dies; the converter dies with it, and the next start removes what is left.
#[tokio::test]
async fn a_killed_program_takes_its_converter_along() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("place");
    if let Some(home) = std::env::var_os("MOTCUA_DIES") {
        // The second life of this test: it is killed while it waits.
        let home = Path::new(&home);
        let office = LibreOffice::at(home.join("slow"), home.join("place"));
        drop(convert(&office, &docx("Đơn")).await);
        return;
    }
    script(dir.path(), "slow", &format!("echo $$ > {}; exec sleep 600", dir.path().join("pid").display()));
    let mut program = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "faults::a_killed_program_takes_its_converter_along"])
        .env("MOTCUA_DIES", dir.path())
        .spawn()
        .unwrap();
    let mut process = String::new();
    for _ in 0..200 {
        process = std::fs::read_to_string(dir.path().join("pid")).unwrap_or_default().trim().to_owned();
        if !process.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(Path::new("/proc").join(&process).exists() && !process.is_empty(), "it runs");
    program.kill().unwrap();
    program.wait().unwrap();
    let gone = |process: &str| {
        let state = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        state.is_empty() || state.contains(") Z ")
    };
    for _ in 0..100 {
        if gone(&process) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(gone(&process), "it outlived the program");
    assert_eq!(std::fs::read_dir(&place).unwrap().count(), 1, "its folder is still there");
    let office = LibreOffice::at(script(dir.path(), "well", "exit 0"), &place);
    assert_eq!(convert(&office, &docx("Đơn")).await, Err(ConvertError::Failed));
    assert_eq!(std::fs::read_dir(&place).unwrap().count(), 0, "the next one removed it");
}

#[tokio::test]
async fn a_machine_without_it_is_told_before_anything_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let office = LibreOffice::at(dir.path().join("soffice"), dir.path().join("place"));
    assert_eq!(office.about().await, Err(ConvertError::Missing));
    assert_eq!(convert(&office, &docx("Đơn")).await, Err(ConvertError::Missing));
    assert!(!dir.path().join("place").exists());
}
