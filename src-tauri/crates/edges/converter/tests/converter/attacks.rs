//! Files that reach out: for a server, for other files of the officer, for more memory than there is.

use crate::{convert, judge, needs_libreoffice, script};
use motcua_converter::LibreOffice;
use motcua_desk::ports::ConvertError;
use motcua_testkit::word::{DocxPart, docx, docx_with};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const RELATIONS: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// A server that counts who came.
fn listener() -> (u16, Arc<AtomicUsize>) {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    let came = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&came);
    std::thread::spawn(move || {
        for visitor in socket.incoming() {
            count.fetch_add(1, Ordering::SeqCst);
            drop(visitor);
        }
    });
    (port, came)
}

/// A body with a linked picture, whose address the relation `rP` has.
const PICTURE: &str = "<w:p><w:r><w:t>Đơn có ảnh</w:t></w:r></w:p><w:p><w:r><w:drawing>\
    <wp:inline xmlns:wp=\"http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing\">\
    <wp:extent cx=\"2000000\" cy=\"2000000\"/><wp:docPr id=\"1\" name=\"p\"/>\
    <a:graphic xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\">\
    <a:graphicData uri=\"http://schemas.openxmlformats.org/drawingml/2006/picture\">\
    <pic:pic xmlns:pic=\"http://schemas.openxmlformats.org/drawingml/2006/picture\">\
    <pic:nvPicPr><pic:cNvPr id=\"0\" name=\"p\"/><pic:cNvPicPr/></pic:nvPicPr>\
    <pic:blipFill><a:blip r:link=\"rP\"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>\
    <pic:spPr><a:xfrm><a:off x=\"0\" y=\"0\"/><a:ext cx=\"2000000\" cy=\"2000000\"/></a:xfrm>\
    <a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline>\
    </w:drawing></w:r></w:p>";

fn with_picture(address: &str) -> Vec<u8> {
    let relations = format!(
        "<Relationships xmlns=\"{RELATIONS}\"><Relationship Id=\"rP\" Type=\"{OFFICE}/image\" Target=\"{address}\" \
         TargetMode=\"External\"/></Relationships>"
    );
    docx_with(PICTURE, &[DocxPart::new("word/_rels/document.xml.rels", relations.as_bytes())])
}

fn with_template(address: &str) -> Vec<u8> {
    let document = format!(
        "<Relationships xmlns=\"{RELATIONS}\"><Relationship Id=\"rS\" Type=\"{OFFICE}/settings\" \
         Target=\"settings.xml\"/></Relationships>"
    );
    let settings = format!(
        "<w:settings xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" xmlns:r=\"{OFFICE}\">\
         <w:attachedTemplate r:id=\"rT\"/></w:settings>"
    );
    let template = format!(
        "<Relationships xmlns=\"{RELATIONS}\"><Relationship Id=\"rT\" Type=\"{OFFICE}/attachedTemplate\" \
         Target=\"{address}\" TargetMode=\"External\"/></Relationships>"
    );
    docx_with(
        "<w:p><w:r><w:t>Đơn có mẫu từ xa</w:t></w:r></w:p>",
        &[
            DocxPart::new("word/_rels/document.xml.rels", document.as_bytes()),
            DocxPart::new("word/settings.xml", settings.as_bytes()),
            DocxPart::new("word/_rels/settings.xml.rels", template.as_bytes()),
        ],
    )
}

fn including(address: &str) -> Vec<u8> {
    docx_with(
        &format!(
            "<w:p><w:r><w:t>Đơn gộp tệp khác:</w:t></w:r><w:r><w:fldChar w:fldCharType=\"begin\" w:dirty=\"true\"/></w:r>\
             <w:r><w:instrText xml:space=\"preserve\"> INCLUDETEXT \"{address}\" </w:instrText></w:r>\
             <w:r><w:fldChar w:fldCharType=\"separate\"/></w:r><w:r><w:t>cũ</w:t></w:r>\
             <w:r><w:fldChar w:fldCharType=\"end\"/></w:r></w:p>"
        ),
        &[],
    )
}

#[tokio::test]
async fn a_document_that_calls_a_server_reaches_nobody() {
    let Some(bench) = needs_libreoffice() else { return };
    let (port, came) = listener();
    for host in ["127.0.0.1", "localhost"] {
        let server = format!("http://{host}:{port}");
        for word in [
            with_picture(&format!("{server}/anh.png")),
            with_template(&format!("{server}/mau.dotx")),
            including(&format!("{server}/khac.docx")),
        ] {
            // It comes out without what it asked for, or not at all; either way nobody was called.
            if let Ok(pdf) = convert(&bench.well, &word).await {
                assert_eq!(motcua_pdf::inspect(&pdf).unwrap().pages, 1);
            }
        }
    }
    assert_eq!(came.load(Ordering::SeqCst), 0, "somebody called");
    assert_eq!(bench.left(), 0);
}

#[tokio::test]
async fn the_fence_holds_whatever_runs_behind_it() {
    let (port, came) = listener();
    let dir = tempfile::tempdir().unwrap();
    // A shell that tries with what every machine has; it writes down what it was told.
    let told = dir.path().join("told");
    let shell = script(
        dir.path(),
        "reaching",
        &format!(
            "python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", {port}), 2)' 2> {told}; \
             python3 -c 'import socket; socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)' 2>> {told}; \
             env >> {told}; ulimit -a >> {told}",
            told = told.display()
        ),
    );
    let office = LibreOffice::at(shell, dir.path().join("place"));
    assert_eq!(convert(&office, &docx("Đơn")).await, Err(ConvertError::Failed), "it makes no PDF");
    let told = std::fs::read_to_string(told).unwrap();
    assert_eq!(told.matches("Permission denied").count(), 2, "{told}");
    assert_eq!(came.load(Ordering::SeqCst), 0);
    assert!(!told.contains("CARGO"), "nothing of our environment goes in: {told}");
    assert!(told.contains("HOME=") && told.contains("place/"), "{told}");
}

#[tokio::test]
async fn a_file_of_the_officer_is_not_drawn_in() {
    let Some(bench) = needs_libreoffice() else { return };
    let dir = tempfile::tempdir().unwrap();
    let secret = dir.path().join("rieng.png");
    let picture = motcua_testkit::word::square();
    std::fs::write(&secret, picture).unwrap();
    let address = format!("file://{}", secret.display());
    if let Ok(pdf) = convert(&bench.well, &with_picture(&address)).await
        && let Some(listed) = judge("pdfimages", &["-list", "{}"], &pdf)
    {
        assert_eq!(listed.lines().count(), 2, "no picture is in it: {listed}");
    }
    let text = dir.path().join("rieng.txt");
    std::fs::write(&text, "MAT-KHAU-CUA-CAN-BO").unwrap();
    if let Ok(pdf) = convert(&bench.well, &including(text.to_str().unwrap())).await
        && let Some(said) = judge("pdftotext", &["{}", "-"], &pdf)
    {
        assert!(!said.contains("MAT-KHAU"), "{said}");
    }
}

#[tokio::test]
async fn nonsense_inside_a_whole_package_ends_as_a_refusal() {
    let Some(bench) = needs_libreoffice() else { return };
    let nested = format!("{}{}", "<w:p><w:r>".repeat(5_000), "</w:r></w:p>".repeat(5_000));
    let bomb = "<w:p><w:r><w:t>&a;</w:t></w:r></w:p>";
    for body in ["<w:p><w:r><w:t>không đóng", &nested, bomb] {
        let ended = convert(&bench.well, &docx_with(body, &[])).await;
        if let Ok(pdf) = &ended {
            assert!(motcua_pdf::inspect(pdf).is_ok());
        }
        assert_eq!(bench.left(), 0);
    }
    assert!(convert(&bench.well, &docx("Đơn tiếp theo")).await.is_ok(), "the next one is not harmed");
}

#[tokio::test]
async fn a_text_that_calls_itself_a_doc_is_not_read_as_text() {
    let Some(bench) = needs_libreoffice() else { return };
    let fake = motcua_testkit::word::compound(&["Root Entry", "WordDocument"], 0);
    assert_eq!(convert(&bench.well, &fake).await, Err(ConvertError::Failed));
}
