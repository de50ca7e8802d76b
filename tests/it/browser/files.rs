//! A citizen adds photos to a form.

use std::fs;

use moothall::app;
use moothall::kernel::Language;
use moothall::site::Texts;
use thirtyfour::prelude::*;

use super::driver::{Browser, NARROW, OLD_PHONE, WIDE, Window, browse};
use crate::harness::App;
use crate::uploads::photo;

/// Chooses files for the page's question.
async fn choose(b: &Browser, paths: &[&str]) -> WebDriverResult<()> {
    b.driver.find(By::Css("main input[type=file]")).await?.send_keys(paths.join("\n")).await
}

fn adds_photos(council: &str, language: Language, window: Window) {
    let app = App::start();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.display().to_string()
    };
    let (lamp, street) = (path("lamp.jpg", &photo(60, 40)), path("street.jpg", &photo(40, 60)));
    let (program, broken) = (path("setup.jpg", b"MZ\x90\0 a program"), path("broken.jpg", b"\xff\xd8\xff nothing"));
    browse(&app, council, window, async |b| {
        let t = Texts::of(language);
        b.open_page(&format!("/services/street-light?lang={}", language.code())).await?;
        b.press(&t.get("service-start")).await?;
        let answers =
            [("danger", "none"), ("location", "Mill Lane"), ("name", "Ada Moss"), ("email", "ada@example.org")];
        for n in 0..20 {
            if b.driver.current_url().await?.path().ends_with("/photo") {
                break;
            }
            assert!(n < 19, "{}", b.driver.current_url().await?);
            b.fill_first(&answers).await?;
            b.press(&t.get("form-continue")).await?;
        }
        b.look(&format!("{council}-files")).await?;
        choose(&b, &[&lamp, &program]).await?;
        let add = t.one("form-file-add", "most", 3);
        b.press(&add).await?;
        b.says(&t.one("upload-wrong-kind", "name", "setup.jpg")).await?;
        b.says("lamp.jpg").await?;
        b.look(&format!("{council}-files-wrong")).await?;
        choose(&b, &[&street, &broken]).await?;
        b.press(&add).await?;
        b.says(&t.get("form-file-full")).await?;
        b.look(&format!("{council}-files-full")).await?;
        app::settle(&app.site).unwrap();
        // The worker found that one is no picture: it is said before anything is sent.
        b.press(&t.get("form-continue")).await?;
        b.says(&t.one("forms-error-file-unreadable", "name", "broken.jpg")).await?;
        b.look(&format!("{council}-files-lost")).await?;
        b.press_in("broken.jpg", &t.get("form-file-remove")).await?;
        let text = b.text().await?;
        assert!(!text.contains("broken.jpg") && text.contains("street.jpg"), "{text}");
        b.press(&t.get("form-continue")).await?;
        assert!(!b.driver.current_url().await?.path().ends_with("/photo"));
        Ok(b)
    });
    app.leave_jobs();
}

#[test]
fn photos_on_a_wide_screen() {
    adds_photos("marlhaven", Language::En, WIDE);
}

#[test]
fn photos_on_a_telephone_in_welsh() {
    adds_photos("hartsmoor", Language::Cy, NARROW);
}

#[test]
fn photos_on_a_telephone_without_scripts() {
    adds_photos("marlhaven", Language::En, OLD_PHONE);
}
