//! The index on the disk finds what the rules of `core/dossier` say, in the same order, whatever is typed.

use super::created;
use motcua_desk::ports::{Batch, Vault};
use motcua_dossier::{Dossier, DossierId, IdNumber, Timestamp};
use motcua_testkit::MemoryVault;
use motcua_testkit::contract::vault as contract;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

const NAMES: &[&str] = &[
    "Nguyễn Văn Hòa",
    "Nguyễn Văn Hoà",
    "Nguyễn Thị Hoa",
    "Đặng Thị Diệp",
    "Dang Diep",
    "Trần Hữu Đức",
    "TRẦN HỮU DỨC",
    "Lê Ánh",
    "Hồ An",
    "O'Brien Mai-Anh",
    "Công ty TNHH Một Thành Viên 26",
    "NEAR OR AND NOT",
];

fn dossiers() -> Vec<Dossier> {
    (1u8..=40)
        .map(|number| {
            let mut dossier = contract::sample_dossier(number, NAMES[usize::from(number) % NAMES.len()]);
            let digits = u64::from(number) * 7_919_777 % 1_000_000_000;
            dossier.applicant.owner.number = IdNumber::parse(&format!("{digits:012}")).unwrap();
            if number % 3 == 0 {
                let code = format!("000.00.15.H08-2611{:02}-{:04}", number % 28 + 1, digits % 9999 + 1);
                dossier.code = motcua_dossier::DossierCode::parse(&code).ok();
                assert!(dossier.code.is_some(), "{code}");
            }
            dossier
        })
        .collect()
}

/// Pieces of what is there, with and without marks, cut anywhere, beside signs of the query language.
fn typed() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        (proptest::sample::select(NAMES), 0usize..20, 1usize..20).prop_map(|(name, from, count)| name
            .chars()
            .skip(from)
            .take(count)
            .collect::<String>()),
        "[0-9]{1,6}",
        "H08-26[0-9]{0,4}",
        "[-\"'*^:(){}+.,]{1,3}",
        proptest::sample::select(vec!["OR", "AND", "NOT", "NEAR(", "words:", "khai sinh", "đ", "h", "n"])
            .prop_map(str::to_owned),
        "\\PC{0,6}",
        "(OR|nguyen|26)\\PC{1,2}",
    ];
    proptest::collection::vec(piece, 0..5).prop_flat_map(|pieces| {
        proptest::sample::select(vec![" ", "", "-", "  "]).prop_map(move |between| pieces.join(between))
    })
}

#[test]
fn the_index_finds_what_the_rules_say_whatever_is_typed() {
    let dir = tempfile::tempdir().unwrap();
    let (disk, memory) = (created(dir.path()), MemoryVault::default());
    contract::create(&memory);
    for vault in [&disk as &dyn Vault, &memory] {
        vault.commit(&Batch { dossiers: dossiers(), ..Batch::default() }).unwrap();
    }
    let mut hits = 0usize;
    let config = ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(config)
        .run(&(typed(), 0u32..30), |(query, limit)| {
            let found = disk.dossiers(&query, limit).unwrap();
            prop_assert_eq!(&found, &memory.dossiers(&query, limit).unwrap(), "{:?}", query);
            Ok(())
        })
        .unwrap();
    for query in ["nguyen van h", "Hoà", "đặng", "h08-26"] {
        hits += disk.dossiers(query, 30).unwrap().len();
    }
    assert!(hits > 20, "the words do hit something");
}

/// So many that the index is not asked for the words that nearly every row has.
#[test]
fn many_words_find_the_same_among_many_rows() {
    let dir = tempfile::tempdir().unwrap();
    let (disk, memory) = (created(dir.path()), MemoryVault::default());
    contract::create(&memory);
    let (family, middle) =
        (["Nguyễn", "Trần", "Trấn", "Lê", "Lệ"], ["Văn", "Vân", "Thị", "Hữu", "Đức", "Minh", "Thu"]);
    let given = ["An", "Ân", "Anh", "Bình", "Hòa", "Hoà", "Hoa", "Lan", "Mai", "Nga", "Sơn", "Son", "Yến"];
    let dossiers: Vec<Dossier> = (0..3000usize)
        .map(|n| {
            let name = [family[n % family.len()], middle[n % middle.len()], given[n % given.len()]].join(" ");
            // Too old to be in a sample of the newest: a word of few rows, another of many.
            let name = match n {
                0..20 => format!("{name} Táo"),
                20..400 => format!("{name} Ông"),
                _ => name,
            };
            let mut dossier = contract::sample_dossier(1, &name);
            let at = 1_700_000_000_000 + n as u64 * 60_000;
            dossier.id = DossierId::derive(at, &[n.to_le_bytes()[0]; 10]);
            dossier.opened_at = Timestamp(i64::try_from(at).unwrap());
            let procedure = if n % 9 == 0 { "Đăng ký kết hôn" } else { "Đăng ký khai sinh" };
            procedure.clone_into(&mut dossier.procedure_name);
            dossier
        })
        .collect();
    for vault in [&disk as &dyn Vault, &memory] {
        vault.commit(&Batch { dossiers: dossiers.clone(), ..Batch::default() }).unwrap();
    }
    for query in [
        "nguyen van an dang ky kh",
        "tran thi hoa dang ky ket hon",
        "Trấn Văn Hòa đăng ký khai sinh",
        "Trần dang",
        "le minh hoa ky k",
        "Lệ Đức Sơn Đăng",
        "nguyen thi hoai dang ky",
        "dang ky khai sinh dang ky",
        "ong dang ky",
        "tao khai sinh",
    ] {
        for limit in [1, 7, 50] {
            let found = disk.dossiers(query, limit).unwrap();
            assert_eq!(found, memory.dossiers(query, limit).unwrap(), "{query}");
            assert_eq!(found.is_empty(), query.contains("hoai"), "{query}");
        }
    }
}
