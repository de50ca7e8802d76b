//! While the server is not up to a form, what was typed is offered to be sent again.

use super::{Citizen, PDF, everything, publish};
use crate::harness::App;

#[test]
fn what_was_typed_while_we_are_busy_is_sent_again_with_one_button() {
    let app = App::start_with(|config| {
        config.database.pool_size = 1;
        config.database.pool_wait_ms = 1_000;
    });
    publish(&app, &[everything()]);
    let mut citizen = Citizen::begin(&app, "marlhaven", "everything");
    let typed = "Line one\r\n\"Quay\" & <b>Street</b>";
    citizen.post("text", &[("text", "Words")]).is(303);
    // Whoever holds the only connection keeps everybody else waiting.
    let page = app.scoped("marlhaven", |_| Ok(citizen.post("long-text", &[("long_text", typed)])));
    assert_eq!(page.header("retry-after"), "2");
    page.is(503).has("We are very busy just now").has("Send it again").lacks("<b>Street");
    citizen.browser.submit("/long-text", &[]).is(303);
    citizen.get("long-text").is(200).has("&#34;Quay&#34; &#38; &#60;b&#62;Street");
    // A file cannot be offered again, so that the page comes again rather than the next.
    let page = app.scoped("marlhaven", |_| Ok(citizen.post_files("file", &[], &[("file", "a.pdf", PDF)])));
    page.is(503).has("Send it again");
    let to = citizen.browser.submit("/file", &[]).is(303).location();
    assert_ne!(to, citizen.path("things"), "on without her file");
    // Nobody is offered what somebody else has typed: without the right token there is nothing.
    let token = std::mem::replace(&mut citizen.token, "forged".to_owned());
    let page = app.scoped("marlhaven", |_| Ok(citizen.post("long-text", &[("long_text", "Planted")])));
    page.is(403).lacks("Planted").lacks("Send it again");
    citizen.token = token;
    // Nor do staff's passwords come back.
    let mut staff = app.visitor("marlhaven");
    let token = staff.get("/staff/sign-in").is(200).token().unwrap();
    let fields = [("_token", token.as_str()), ("email", "a@example.org"), ("password", "three random words")];
    app.scoped("marlhaven", |_| Ok(staff.post("/staff/sign-in", &fields))).is(503).lacks("three random");
}
