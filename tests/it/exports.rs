//! A bill as the files that finance systems read: the same bytes for both parties, and nothing of a draft.

use std::fs;
use std::path::Path;

use moothall::app;
use moothall::billing::{self, DocumentFilter, Doubt};
use moothall::identity::Role;
use moothall::kernel::Pence;

use super::bills::{EASTMERE, agree, by};
use super::harness::{App, Database};

#[test]
fn both_parties_get_the_same_files_of_an_issued_bill() {
    let app = App::start_on(Database::with_strangers(), |_| {});
    let deal = agree(&app, "eastmere", EASTMERE);
    app.set_clock("2026-10-31T12:00:00Z");
    for day in 1..=7 {
        deal.accept(&app, "pothole", &format!("2026-10-0{day}T10:00:00Z"));
    }
    deal.accept(&app, "dropped-kerb", "2026-10-08T10:00:00Z");
    app.set_clock("2026-11-02T09:00:00Z");
    let run = deal.prepare(&app, "2026-10").unwrap();
    let mut ours = app.signed_in(&app.person("wealdshire", &[Role::Preparer]));
    let mut theirs = app.signed_in(&app.person("eastmere", &[Role::Preparer]));
    let drafts = app.scoped("wealdshire", |tx| billing::documents_of_run(tx, run));
    for ending in ["en.pdf", "cy.pdf", "invoice.xml"] {
        ours.get(&format!("/commercial/documents/{}/{ending}", drafts[0].id)).is(404);
    }
    deal.issue(&app, run).unwrap();
    let invoice = drafts[0].id;
    let dispute = app.scoped("eastmere", |tx| {
        let reason = "Twice".to_owned();
        let doubt = Doubt { document_id: invoice, line: 1, amount: Pence(743), reason, doubted: vec![] };
        billing::raise(tx, app.now(), &by("Theirs"), &doubt)
    });
    app.scoped("wealdshire", |tx| billing::accept(tx, app.now(), &by("Ours"), dispute, Pence(743), "One was"));
    app::settle(&app.site).unwrap();

    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/exports");
    fs::create_dir_all(&kept).unwrap();
    let filter = DocumentFilter { limit: 10, ..Default::default() };
    let documents = app.scoped("eastmere", |tx| billing::documents(tx, filter));
    assert_eq!(documents.len(), 3);
    let mut stranger = app.signed_in(&app.person("marlhaven", &[Role::Preparer]));
    for document in documents {
        let number = document.number.clone().unwrap();
        for (ending, kind) in
            [("en.pdf", "application/pdf"), ("cy.pdf", "application/pdf"), ("invoice.xml", "application/xml")]
        {
            let path = format!("/commercial/documents/{}/{ending}", document.id);
            let file = theirs.get(&path).is(200);
            assert_eq!(file.header("content-type"), kind);
            let ends = ending.rsplit('.').next().unwrap();
            assert_eq!(file.header("content-disposition"), format!("attachment; filename=\"{number}.{ends}\""));
            assert_eq!(file.bytes, ours.get(&path).is(200).bytes, "{path}");
            fs::write(kept.join(format!("{number}-{ending}")), &file.bytes).unwrap();
            stranger.get(&path).is(404);
        }
        let xml = theirs.get(&format!("/commercial/documents/{}/invoice.xml", document.id)).body;
        let tree = roxmltree::Document::parse(&xml).unwrap();
        let text = |name: &str| {
            tree.descendants().find(|node| node.tag_name().name() == name).and_then(|node| node.text()).unwrap_or("")
        };
        assert_eq!((text("ID"), text("BuyerReference")), (number.as_str(), "WCC-EDC-2026-05"));
        let payable = Pence::parse(text("PayableAmount")).unwrap();
        assert_eq!(payable, if document.gross.0 < 0 { -document.gross } else { document.gross });
    }
    theirs.get(&format!("/commercial/documents/{invoice}/fr.pdf")).is(404);
}
