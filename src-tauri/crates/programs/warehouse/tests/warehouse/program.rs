//! The program itself: what it prints and how it ends.

use crate::world::{World, upload};
use crate::{paper, world::now};
use motcua_warehouse::{BackupError, Config, ServeError, back_up, check, restore};
use serde_json::Value;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

fn command(words: &[&str], data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_motcua-warehouse"));
    command.args(words).env_clear().env("MOTCUA_WAREHOUSE_DATA", data).env("USER", "quantri");
    command
}

fn program(words: &[&str], data: &Path) -> Output {
    command(words, data).output().unwrap()
}

/// Runs a command and kills it after so long; says whether it had come to its end.
fn killed(words: &[&str], data: &Path, after: Duration) -> bool {
    let mut child = command(words, data).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(after);
    let _ = child.kill();
    child.wait().unwrap().success()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"))
}

#[tokio::test]
async fn every_command_ends_with_its_code_and_reports_in_json_or_in_words() {
    let world = World::new().await;
    let (data, to) = (&world.config.data, world.dir.path().join("to"));
    let to = to.to_str().unwrap();
    let run = |words: &[&str]| program(words, data);
    let made = run(&["backup", "--to", to, "--json"]);
    assert_eq!(made.status.code(), Some(0), "{made:?}");
    assert_eq!(json(&made)["blobs"], 0);
    let words = String::from_utf8(run(&["backup", "--to", to]).stdout).unwrap();
    assert!(words.starts_with("Đã sao lưu và đọc lại"), "{words}");
    let refused = run(&["restore", "--from", to]);
    assert_eq!(refused.status.code(), Some(3), "a server holds the directory: {refused:?}");
    assert_eq!(run(&["restore", "--from", "/nowhere"]).status.code(), Some(3));
    assert_eq!(json(&run(&["scrub", "--json", "--share", "1"]))["files"], 0);
    assert_eq!(json(&run(&["check", "--json"]))["database_whole"], true);
    assert_eq!(run(&["config"]).status.code(), Some(0));
    assert_eq!(run(&["serve", "--check", "--json", "--listen", "nowhere"]).status.code(), Some(1));
    assert_eq!(run(&["scrub", "--share", "0"]).status.code(), Some(2), "typed wrong");
    assert_eq!(run(&["check", "--data", "/nowhere"]).status.code(), Some(2), "no settings");
    let whole = run(&["audit", "verify", "--json"]);
    assert_eq!((whole.status.code(), &json(&whole)["entries"]), (Some(0), &Value::from(6)));
    let export = world.dir.path().join("audit.jsonl");
    let export = export.to_str().unwrap();
    assert_eq!(run(&["audit", "export", "--out", export]).status.code(), Some(0));
    assert_eq!(run(&["audit", "verify", "--file", export]).status.code(), Some(0));
    assert_eq!(run(&["audit", "verify", "--noted", "x"]).status.code(), Some(2));
    let database = rusqlite::Connection::open(data.join("records.db")).unwrap();
    let operator: String =
        database.query_row("SELECT officer FROM audit WHERE seq = 5", [], |r| r.get(0)).unwrap();
    assert_eq!(operator, "quantri", "who ran the command is noted");
    database.execute("DELETE FROM audit WHERE seq = 1", []).unwrap();
    let broken = run(&["audit", "verify"]);
    assert_eq!(broken.status.code(), Some(1));
    assert!(String::from_utf8(broken.stdout).unwrap().contains("SAI ở dòng 2"));
    let list = world.dir.path().join("list.csv");
    std::fs::write(&list, "so_dinh_danh;ho_ten\n099000000001;MẪU\nx;MẪU\n").unwrap();
    let imported = run(&["import", "owners", "--csv", list.to_str().unwrap(), "--json"]);
    let lines: Vec<Value> = std::str::from_utf8(&imported.stdout)
        .unwrap()
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(imported.status.code(), Some(1), "a row was refused");
    assert_eq!((&lines[0]["line"], &lines[0]["code"]), (&3.into(), &"numberMalformed".into()));
    assert_eq!((&lines[1]["added"], &lines[1]["refused"]), (&1.into(), &1.into()));
    std::fs::write(&list, "so_dinh_danh;ten\n").unwrap();
    let head = run(&["import", "owners", "--csv", list.to_str().unwrap()]);
    assert_eq!(head.status.code(), Some(2), "a head nobody understands is wrong use: {head:?}");
    let officers = ["officer", "import", "--csv", list.to_str().unwrap()];
    assert_eq!(run(&officers).status.code(), Some(2));
    std::fs::write(&list, "ten_dang_nhap,ho_ten,don_vi,vai_tro\na,A,xa,Tiếp nhận\nb,B,nowhere,\n").unwrap();
    let imported = run(&officers);
    assert_eq!(imported.status.code(), Some(1), "a row was refused");
    let words = String::from_utf8(imported.stdout).unwrap();
    assert!(words.starts_with("Dòng 3, không nhập: Cây tổ chức không có đơn vị này (don_vi)"), "{words}");
    assert!(words.contains("2 dòng: 1 cán bộ mới (chưa có mật khẩu)"), "{words}");
    let listed = String::from_utf8(run(&["officer", "list"]).stdout).unwrap();
    assert!(listed.starts_with("a  A  xa (chưa có mật khẩu)\n    1: intake tại xa (… – …)"), "{listed}");
    std::fs::write(&list, "ten_dang_nhap,ho_ten,don_vi,vai_tro\na,A,xa,\n").unwrap();
    let again = run(&officers);
    assert_eq!(again.status.code(), Some(0));
    let words = String::from_utf8(again.stdout).unwrap();
    assert!(words.contains("Giữ nguyên, danh sách không nêu: a, quyền 1: intake tại xa"), "{words}");
}

#[tokio::test]
async fn a_backup_or_a_restore_killed_at_any_moment_leaves_nothing_false_and_is_run_again() {
    let mut world = World::new().await;
    let (line, begin) = (world.line(0), now());
    for n in 0..40 {
        upload(&line, &paper::pdf(1, &format!("file {n} {begin:?}"))).await;
    }
    world.down().await;
    let (data, to) = (world.config.data.clone(), world.dir.path().join("to"));
    let (mut cut, mut whole) = (0, 0);
    for n in 0..12 {
        let done =
            killed(&["backup", "--to", to.to_str().unwrap()], &data, Duration::from_millis(8 + n * 12));
        *(if done { &mut whole } else { &mut cut }) += 1;
        // What has the name of a generation is one.
        for entry in std::fs::read_dir(&to).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.file_name().unwrap().to_str().unwrap().starts_with("backup-") {
                let fresh = world.dir.path().join(format!("fresh-{n}"));
                assert_eq!(restore(&path, &fresh, true).unwrap().blobs, 40);
                std::fs::remove_dir_all(&fresh).unwrap();
            }
        }
    }
    assert!(cut > 0, "some were cut, {whole} were not");
    back_up(&world.config, &to, true, Some(1)).unwrap();
    let left: Vec<_> = std::fs::read_dir(&to).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "shelf, lock and one generation: {left:?}");
    let mut halves = 0;
    for n in 0..12 {
        let data = world.dir.path().join(format!("restored-{n}"));
        let words = ["restore", "--from", to.to_str().unwrap()];
        if !killed(&words, &data, Duration::from_millis(8 + n * 12)) {
            let half = Config::load(&data).is_ok() && {
                let config = Config::load(&data).unwrap();
                let refused =
                    motcua_warehouse::start(config, TcpListener::bind("127.0.0.1:0").unwrap()).await;
                matches!(refused, Err(ServeError::HalfRestored))
            };
            halves += u32::from(half || data.join("restoring").exists());
            match restore(&to, &data, false) {
                Ok(_) => {}
                // Killed between its last step and its end.
                Err(BackupError::NotEmpty) => assert!(!data.join("restoring").exists() && !half),
                Err(error) => panic!("{error}"),
            }
        }
        let report = check(&Config::load(&data).unwrap()).unwrap();
        assert!(report.is_clean() && report.files == 40, "{report:?}");
    }
    assert!(halves > 0, "some were cut in the middle");
}
