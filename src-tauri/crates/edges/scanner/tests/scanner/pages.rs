//! What comes back whole.

use crate::{Bench, request};
use motcua_desk::ports::{
    ColorMode, PageFormat, ScanError, ScanFault, ScanRequest, Scanner, ScannerInfo, ScannerSource,
};
use std::path::PathBuf;
use tokio_util::sync::CancellationToken;

fn picture(bench: &Bench, width: usize, height: usize) -> (PathBuf, Vec<u8>) {
    let pixels: Vec<u8> = (0..width * height * 3).map(|n| (n * 7 + n / 251) as u8).collect();
    let path = bench.dir.path().join("page.ppm");
    let head = format!("P6\n{width} {height}\n255\n").into_bytes();
    std::fs::write(&path, [head, pixels.clone()].concat()).unwrap();
    (path, pixels)
}

#[tokio::test]
async fn the_devices_are_listed_with_a_name_for_people() {
    let Some(bench) = Bench::new() else { return };
    let devices = bench.scanner.list(&CancellationToken::new()).await.unwrap();
    for id in ["test:0", "test:1", "pnm:0", "pnm:1"] {
        assert!(devices.iter().any(|d| d.id == id), "{id} is among {devices:?}");
    }
    assert!(devices.contains(&ScannerInfo { id: "test:0".into(), label: "Noname frontend-tester".into() }));
}

#[tokio::test]
async fn a_picture_file_comes_back_pixel_by_pixel() {
    let Some(bench) = Bench::new() else { return };
    let (path, pixels) = picture(&bench, 123, 77);
    let mut asked = request("pnm:0", &[("filename", path.to_str().unwrap())]);
    asked.dpi = 200;
    let (pages, outcome) = bench.scan(&asked).await;
    assert_eq!(outcome, Ok(1), "a device that does not feed gives one page");
    assert_eq!((pages[0].width, pages[0].height, pages[0].dpi), (123, 77, 200));
    assert_eq!(pages[0].format, PageFormat::Rgb8);
    assert!(pages[0].samples == pixels, "not one pixel differs");
    assert!(pages.len() == 1);
}

#[tokio::test]
async fn a_picture_in_three_passes_or_of_unknown_length_is_the_same_picture() {
    let Some(bench) = Bench::new() else { return };
    let (path, pixels) = picture(&bench, 40, 30);
    for awkward in ["three-pass", "hand-scanner"] {
        let asked = request("pnm:0", &[("filename", path.to_str().unwrap()), (awkward, "yes")]);
        let (pages, outcome) = bench.scan(&asked).await;
        assert_eq!(outcome, Ok(1), "{awkward}");
        assert_eq!((pages[0].width, pages[0].height), (40, 30), "{awkward}");
        assert!(pages[0].samples == pixels, "{awkward}");
    }
}

#[tokio::test]
async fn grey_is_grey_also_from_a_device_that_knows_only_colour() {
    let Some(bench) = Bench::new() else { return };
    let (path, _) = picture(&bench, 40, 30);
    for (device, options) in [("test:0", vec![]), ("pnm:0", vec![("filename", path.to_str().unwrap())])] {
        let asked = ScanRequest { mode: ColorMode::Gray, ..request(device, &options) };
        let (pages, outcome) = bench.scan(&asked).await;
        assert_eq!(outcome, Ok(1), "{device}");
        assert_eq!(pages[0].format, PageFormat::Gray8, "{device}");
        assert_eq!(pages[0].samples.len(), (pages[0].width * pages[0].height) as usize, "{device}");
    }
}

#[tokio::test]
async fn the_feeder_gives_its_ten_sheets_and_then_a_normal_end() {
    let Some(bench) = Bench::new() else { return };
    let asked = ScanRequest { source: ScannerSource::Feeder, ..request("test:0", &[]) };
    let (pages, outcome) = bench.scan(&asked).await;
    assert_eq!((outcome, pages.len()), (Ok(10), 10));
    let three = ScanRequest { max_pages: 3, ..asked };
    let (pages, outcome) = bench.scan(&three).await;
    assert_eq!((outcome, pages.len()), (Ok(3), 3), "no more than was asked");
}

#[tokio::test]
async fn the_glass_gives_one_page_of_the_largest_area_up_to_a4() {
    let Some(bench) = Bench::new() else { return };
    let asked = ScanRequest { source: ScannerSource::Flatbed, dpi: 100, ..request("test:0", &[]) };
    let (pages, outcome) = bench.scan(&asked).await;
    assert_eq!((outcome, pages.len()), (Ok(1), 1));
    // The test device is 200 mm both ways.
    assert!(pages[0].width.abs_diff(787) < 3 && pages[0].height.abs_diff(787) < 3, "all of the glass");
    assert_eq!(pages[0].dpi, 100);
    let named = request("test:0", &[("br-x", "50"), ("br-y", "40")]);
    let (pages, _) = bench.scan(&named).await;
    assert!(pages[0].width.abs_diff(148) < 3 && pages[0].height.abs_diff(118) < 3, "named options win");
}

#[tokio::test]
async fn every_depth_and_awkwardness_of_a_driver_gives_the_same_white_page() {
    let Some(bench) = Bench::new() else { return };
    for mode in [ColorMode::Color, ColorMode::Gray] {
        for awkward in [
            ("depth", "1"),
            ("depth", "16"),
            ("three-pass", "yes"),
            ("hand-scanner", "yes"),
            ("fuzzy-parameters", "yes"),
            ("non-blocking", "yes"),
            ("select-fd", "yes"),
            ("ppl-loss", "7"),
            ("read-limit", "yes"),
        ] {
            if awkward.0 == "three-pass" && mode == ColorMode::Gray {
                continue; // the device offers it for colour only
            }
            let mut options = vec![("test-picture", "Solid white"), awkward];
            if awkward.0 == "read-limit" {
                options.push(("read-limit-size", "1000"));
            }
            let asked = ScanRequest { mode, ..request("test:0", &options) };
            let (pages, outcome) = bench.scan(&asked).await;
            assert_eq!(outcome, Ok(1), "{awkward:?}");
            let format = if mode == ColorMode::Color { PageFormat::Rgb8 } else { PageFormat::Gray8 };
            assert_eq!(pages[0].format, format, "{awkward:?}");
            assert!(pages[0].samples.iter().all(|s| *s == 255), "{awkward:?} in {mode:?} is white");
        }
    }
}

#[tokio::test]
async fn settings_a_device_does_not_have_are_told() {
    let Some(bench) = Bench::new() else { return };
    for asked in [
        request("test:0", &[("no-such-option", "1")]),
        request("test:0", &[("mode", "Ultraviolet")]),
        request("test:0", &[("depth", "many")]),
    ] {
        let (_, outcome) = bench.scan(&asked).await;
        assert_eq!(outcome, Err(ScanError::Fault(ScanFault::Unsupported)), "{asked:?}");
    }
    let (_, outcome) = bench.scan(&request("test:99", &[])).await;
    assert_eq!(outcome, Err(ScanError::Fault(ScanFault::Gone)));
}
