//! The thread of a case among staff: one queue, who may do what, who reads what, and who has looked.

use jiff::Timestamp;
use moothall::cases::{self, NewCase};
use moothall::forms::{Definition, Question, QuestionType, Raw};
use moothall::identity::Role;
use moothall::kernel::{Language, billing_date};
use moothall::setup;
use moothall::tenancy::Directory;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::harness::{App, NOW, Visitor};

/// A server whose outbox nobody works off.
pub fn open_for_business() -> App {
    let app = App::start();
    app.leave_jobs();
    app
}

/// A pothole that somebody has reported; says the reference.
fn pothole(app: &App, council: &str, road: &str) -> String {
    let owner = app.authority(council);
    let services = app.services();
    let service = services.find(owner.id, "pothole").unwrap();
    let raw = filled_in(&service.definition(Language::En).unwrap(), road);
    let answers = service.definition(Language::En).unwrap().parse(&raw, billing_date(app.now())).unwrap();
    let opened = app.scoped(council, |tx| {
        let new = NewCase {
            owner: &owner,
            definition: &service.definition(Language::En).unwrap(),
            version: service.version,
            answers: &answers,
            language: Language::En,
            // Nobody whom it could be routed to.
            directory: &Directory::new(vec![]),
            files: &[],
            secret: &app.site.config.secret,
        };
        cases::open(tx, app.now(), &new)
    });
    opened.reference
}

/// The form as somebody fills it in, whatever it asks.
pub fn filled_in(definition: &Definition, road: &str) -> Raw {
    let mut rng = StdRng::seed_from_u64(7);
    let today = NOW.parse::<Timestamp>().map(billing_date).unwrap();
    let words = |question: &Question| match (question.kind, question.contact) {
        (QuestionType::Email, _) => Some("sam.okafor@example.org".to_owned()),
        (QuestionType::Address, _) => Some("1 Quay Street".to_owned()),
        (_, Some(_)) => Some("Sam Okafor".to_owned()),
        _ => Some(road.to_owned()),
    };
    setup::fill(definition, today, &mut rng, words).unwrap()
}

/// As if an agreement had sent it there.
fn hand_to(app: &App, reference: &str, handler: &str) {
    let handler = app.id(handler);
    app.database.force(&format!(
        "update cases c set handler_id = '{handler}', agreement_id = (select id from agreement a \
         where a.tenant_id = c.tenant_id and a.provider_id = '{handler}'), routed_because = 'agreement WCC-MCC-2026-03' where reference = '{reference}'; \
         update answer_sheet set handler_id = '{handler}' where case_id = (select id from cases where reference = '{reference}'); \
         update case_event set handler_id = '{handler}' where case_id = (select id from cases where reference = '{reference}')"
    ));
}

fn officer(app: &App, council: &str) -> Visitor {
    app.signed_in(&app.person(council, &[Role::Officer]))
}

#[test]
fn one_queue_holds_ones_own_cases_and_the_partners() {
    let app = open_for_business();
    let ours = pothole(&app, "wealdshire", "Oak Street");
    let theirs = pothole(&app, "marlhaven", "Quay Street");
    let in_house = pothole(&app, "marlhaven", "Ropewalk");
    let third = pothole(&app, "eastmere", "Sluice Lane");
    hand_to(&app, &theirs, "wealdshire");

    let mut wealdshire = officer(&app, "wealdshire");
    let page =
        wealdshire.get("/staff").is(200).has(&ours).has(&theirs).has("For Marlhaven").lacks(&in_house).lacks(&third);
    assert!(page.text().contains("Due Fri") || page.text().contains("days"), "{}", page.text());
    wealdshire.get("/staff?tab=open&council=marlhaven").is(200).has(&theirs).lacks(&ours);
    wealdshire.get("/staff?tab=open&service=dropped-kerb").is(200).lacks(&ours).has("No open cases");
    wealdshire.get("/staff?tab=late").is(200).has("Nothing is late");
    wealdshire.get("/staff?tab=mine").is(200).lacks(&ours);
    wealdshire.get("/staff?tab=nonsense&council=nowhere&after=rubbish").is(200).has(&ours);
    let mut marlhaven = officer(&app, "marlhaven");
    marlhaven.get("/staff").is(200).has(&in_house).lacks(&theirs);
    marlhaven.get("/staff?tab=partners").is(200).has(&theirs).has("Wealdshire").lacks(&in_house);
    app.set_clock("2026-12-01T09:00:00Z");
    let mut wealdshire = officer(&app, "wealdshire");
    wealdshire.get("/staff?tab=late").is(200).has(&ours).has("days late");

    let to = wealdshire
        .get(&format!("/staff/cases?reference={}", theirs.to_lowercase().replace('-', "")))
        .is(303)
        .location();
    assert_eq!(to, format!("/staff/cases/marlhaven/{theirs}"));
    let to = wealdshire.get("/staff/cases?reference=nothing").is(303).location();
    wealdshire.get(&to).is(200).has("No council here has a reference like that");
}

#[test]
fn pages_of_the_queue_show_every_case_once() {
    let app = open_for_business();
    let mut all: Vec<String> = (0..30).map(|n| pothole(&app, "wealdshire", &format!("Road {n}"))).collect();
    let mut officer = officer(&app, "wealdshire");
    let (first, next) = (officer.get("/staff").is(200), officer.page().link("/staff?tab=open&after="));
    let second = officer.get(&next).is(200).lacks("rel=\"next\"");
    let on = |body: &str| all.iter().filter(|r| body.contains(r.as_str())).count();
    assert_eq!((on(&first.body), on(&second.body)), (25, 5));
    all.retain(|r| !first.body.contains(r.as_str()) && !second.body.contains(r.as_str()));
    assert!(all.is_empty());
}

#[test]
fn the_handler_works_it_the_owner_reads_it_and_nobody_else_sees_it() {
    let app = open_for_business();
    let reference = pothole(&app, "marlhaven", "Quay Street");
    hand_to(&app, &reference, "wealdshire");
    let address = format!("/staff/cases/marlhaven/{reference}");
    let (mut handler, mut owner) = (officer(&app, "wealdshire"), officer(&app, "marlhaven"));

    let page = handler.get(&address).is(200).has("Quay Street").has("Take this case").has("Return to Marlhaven");
    for hidden in ["Sam Okafor", "sam.okafor"] {
        assert!(!page.body.contains(hidden), "contact details are on the page");
    }
    handler.submit("/take", &[]).is(303);
    handler.get(&address).is(200).lacks("Take this case").has("Taken by");

    handler.submit("/note", &[("note", ""), ("for", "both")]).is(422).has("Write what you want to say");
    handler.submit("/note", &[("note", "For both councils"), ("for", "both")]).is(303);
    handler.get(&address).is(200);
    handler.submit("/note", &[("note", "For Wealdshire alone"), ("for", "ours")]).is(303);
    handler.get(&address).is(200).has("For Wealdshire alone");

    handler.get(&format!("{address}/update")).is(200);
    handler.submit("/update", &[("said", "")]).is(422);
    handler.submit("/update", &[("said", "A crew comes on Tuesday.")]).is(303);

    let page = owner.get(&address).is(200).has("A crew comes on Tuesday.").has("For both councils");
    let page =
        page.has("is working this case for us").lacks("For Wealdshire alone").lacks("Take this case").lacks("/resolve");
    assert!(page.text().contains("Read a case"), "who has looked is there: {}", page.text());
    owner.submit("/note", &[("note", "Marlhaven's own business"), ("for", "ours")]).is(303);
    for act in ["update", "resolve", "return"] {
        owner.get(&format!("{address}/{act}")).is(404);
        owner.get(&address).is(200);
        owner.post_form(&format!("{address}/{act}"), &[("said", "x"), ("choice", "Repaired")]).is(404);
    }
    owner.get(&address).is(200);
    owner.post_form(&format!("{address}/take"), &[]).is(404);
    handler.get(&address).is(200).lacks("own business").has("Person");

    let mut third = officer(&app, "eastmere");
    let hidden = third.get(&address).is(404);
    let random = third.get("/staff/cases/marlhaven/MAR-0000-00000").is(404);
    assert_eq!(hidden.body, random.body);

    handler.get(&address).is(200);
    handler.submit("/contact", &[("reason", "")]).is(422).has("Say why").lacks("sam.okafor");
    handler.submit("/contact", &[("reason", "To ask which lane")]).is(200).has("sam.okafor@example.org");
    handler.get(&address).is(200).lacks("sam.okafor");
    owner.get(&address).is(200).has("To ask which lane");

    handler.get(&format!("{address}/resolve")).is(200).has("Made safe");
    handler
        .submit("/resolve", &[("choice", "Gold-plated"), ("said", "Kept")])
        .is(422)
        .has("Select an outcome")
        .has("Kept");
    handler.submit("/resolve", &[("choice", "Repaired"), ("said", "")]).is(303);
    handler.get(&address).is(200).has("Resolved").lacks("/resolve\"");
    handler.get(&format!("{address}/update")).is(409);
    handler.get(&address).is(200);
    handler.post_form(&format!("{address}/update"), &[("said", "Too late but kept")]).is(422).has("Too late but kept");
    handler.get("/staff?tab=closed").is(200).has(&reference).has("Repaired");
}

#[test]
fn a_case_goes_back_with_a_reason() {
    let app = open_for_business();
    let reference = pothole(&app, "marlhaven", "Quay Street");
    hand_to(&app, &reference, "wealdshire");
    let address = format!("/staff/cases/marlhaven/{reference}");
    let mut handler = officer(&app, "wealdshire");
    handler.get(&format!("{address}/return")).is(200);
    handler
        .submit("/return", &[("choice", ""), ("said", "Not on our roads")])
        .is(422)
        .has("Select a reason")
        .has("Not on our roads");
    handler.submit("/return", &[("choice", "not-ours"), ("said", "")]).is(422).has("Write what");
    handler.submit("/return", &[("choice", "not-ours"), ("said", "A private road")]).is(303);
    handler.follow().is(200).has("The case is returned");
    officer(&app, "marlhaven").get(&address).is(200).has("A private road").has("Returned");
}

/// A case of a sensitive service of Marlhaven's; says its reference.
pub fn private_case(app: &App) -> String {
    let services = app.services();
    let (owner, service) = (app.authority("marlhaven"), services.find(app.id("marlhaven"), "private-help").unwrap());
    let raw = filled_in(&service.definition(Language::En).unwrap(), "Quay Street");
    let answers = service.definition(Language::En).unwrap().parse(&raw, billing_date(app.now())).unwrap();
    app.scoped("marlhaven", |tx| {
        let new = NewCase {
            owner: &owner,
            definition: &service.definition(Language::En).unwrap(),
            version: service.version,
            answers: &answers,
            files: &[],
            language: Language::En,
            directory: &app.site.directory.get(),
            secret: &app.site.config.secret,
        };
        Ok(cases::open(tx, app.now(), &new)?.reference)
    })
}

#[test]
fn a_sensitive_case_is_seen_by_whoever_has_the_role_and_by_nobody_else() {
    let app = open_for_business();
    let reference = private_case(&app);
    let address = format!("/staff/cases/marlhaven/{reference}");
    let (mut plain, mut cleared) =
        (officer(&app, "marlhaven"), app.signed_in(&app.person("marlhaven", &[Role::Officer, Role::Safeguarding])));
    let nothing = plain.get("/staff/cases/marlhaven/MAR-0000-00000").is(404).body;
    plain.get("/staff").is(200).lacks(&reference);
    assert_eq!(plain.get(&address).is(404).body, nothing);
    plain.get(&format!("{address}/resolve")).is(404);
    plain.get("/staff").is(200);
    for act in ["take", "note", "contact"] {
        let fields = [("note", "Seen"), ("for", "ours"), ("reason", "Curious")];
        plain.post_form(&format!("{address}/{act}"), &fields).is(404);
        plain.get("/staff").is(200);
    }
    cleared.get("/staff").is(200).has(&reference).has("A private matter").lacks("abuse");
    cleared.get(&address).is(200).has("A private matter");
    let looked = app.database.texts("select actor_id::text as text from audit_entry where action = 'case.read'");
    assert_eq!(looked.len(), 1, "who was refused has not looked");
}

#[test]
fn somebody_named_is_kept_from_a_sensitive_case() {
    let app = open_for_business();
    let reference = private_case(&app);
    let address = format!("/staff/cases/marlhaven/{reference}");
    let roles = [Role::Officer, Role::Safeguarding];
    let (lead, neighbour) = (app.person("marlhaven", &roles), app.person("marlhaven", &roles));
    let mut hers = app.signed_in(&lead);
    let mut theirs = app.signed_in(&neighbour);
    let nothing = theirs.get("/staff/cases/marlhaven/MAR-0000-00000").is(404).body;
    theirs.get("/staff").is(200).has(&reference);
    let page = format!("{address}/conflicts");
    hers.get(&address).is(200).has("Who must not see this case");
    hers.get(&page).is(200).has("Nobody is named");
    hers.submit("/conflicts", &[("person", ""), ("reason", "Lives next door")])
        .is(422)
        .has("Select the person")
        .has("Lives next door");
    hers.submit("/conflicts", &[("person", &neighbour.id.to_string()), ("reason", "Lives next door")]).is(303);
    hers.get(&page).is(200).has("Lives next door");
    // For whoever is named there is no such case: not in the queue, not by its address, not by any act.
    theirs.get("/staff").is(200).lacks(&reference);
    for path in [address.clone(), page.clone(), format!("{address}/resolve")] {
        assert_eq!(theirs.get(&path).is(404).body, nothing);
    }
    theirs.get("/staff").is(200);
    for act in ["take", "note", "contact", "conflicts"] {
        let fields = [("note", "Seen"), ("for", "ours"), ("reason", "Curious"), ("person", &*lead.id.to_string())];
        theirs.post_form(&format!("{address}/{act}"), &fields).is(404);
        theirs.get("/staff").is(200);
    }
    theirs.post_form(&format!("{page}/{}/lift", neighbour.id), &[]).is(404);
    // A stranger's id, and a case that is not sensitive, are none.
    let stranger = app.person("eastmere", &roles);
    hers.get(&page).is(200);
    hers.post_form(&page, &[("person", &stranger.id.to_string()), ("reason", "Who?")]).is(404);
    hers.get(&page).is(200);
    hers.submit("/lift", &[]).is(303);
    theirs.get(&address).is(200);
    hers.get(&page).is(200);
    hers.submit("/conflicts", &[("person", &lead.id.to_string()), ("reason", "I know her")]).is(303);
    hers.get(&address).is(404);
    // The last who may see it cannot lock everybody out; and why somebody must not see it is in no log.
    theirs.get(&page).is(200);
    theirs
        .post_form(&page, &[("person", &neighbour.id.to_string()), ("reason", "I know her too")])
        .is(422)
        .has("Somebody must be left who may see the case");
    theirs.get(&address).is(200);
    let logged = "select subject_label || ' ' || purpose as text from audit_entry where action like 'case.%block'";
    let names = [&neighbour, &neighbour, &lead].map(|person| format!("A private case {}", person.name));
    let mut kept = app.database.texts(&format!("{logged} order by id"));
    kept.sort();
    let mut names = names.to_vec();
    names.sort();
    assert_eq!(kept, names);
    app.leave_jobs();
}
