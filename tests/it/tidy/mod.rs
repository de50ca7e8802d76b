//! What the house looks like, kept by tests: which room may know which, who writes a table, where time, money and words
//! come from. Each rule is also shown a breach and must find it.

mod arrows;
mod source;
mod tables;
mod words;

use regex::Regex;

use self::source::{Source, sources};

/// A rule, and files that break it.
struct Rule {
    name: &'static str,
    faults: fn(&[Source]) -> Vec<String>,
    breaches: &'static [(&'static str, &'static str)],
}

const RULES: &[Rule] = &[
    Rule {
        name: "a room imports only rooms above it",
        faults: arrows::upwards,
        breaches: &[("src/metering/model.rs", "use crate::{kernel::Pence, platform::Tx,\n  forms::Definition};")],
    },
    Rule {
        name: "there are no other rooms",
        faults: arrows::unknown_rooms,
        breaches: &[("src/utils/mod.rs", "//! Things.")],
    },
    Rule {
        name: "a scope is turned only where the design says",
        faults: arrows::turned,
        breaches: &[("src/portal/track.rs", "tx.turned(owner, |tx| read(tx))")],
    },
    Rule {
        name: "the system role's callers are listed",
        faults: arrows::system_callers,
        breaches: &[("src/cases/jobs.rs", "db.system(\n  \"cases.peek\", |conn| Ok(()))")],
    },
    Rule {
        name: "a table is written by one file",
        faults: tables::written_once,
        breaches: &[("src/portal/form.rs", "diesel::delete(draft::table).execute(conn)")],
    },
    Rule {
        name: "a table is named only in its own room",
        faults: tables::named_at_home,
        breaches: &[
            ("src/portal/form.rs", "use crate::platform::schema::{\n  staff, draft};"),
            ("src/operator/health.rs", "sql_query(\"select 1 from authority a join staff s on true\")"),
            ("src/forms/verify.rs", "sql_query(\"select 1 from cases\")"),
        ],
    },
    Rule {
        name: "every sentence asked for is in the catalogue",
        faults: words::missing,
        breaches: &[("src/portal/track.rs", "t.get(\"track-never-written\")")],
    },
    Rule {
        name: "every sentence in the catalogue is asked for",
        faults: words::unused,
        breaches: &[("src/site/locales/en.ftl", "track-never-shown = Not shown")],
    },
    Rule {
        name: "every sentence for citizens is there in both languages",
        faults: words::gaps,
        breaches: &[
            ("src/site/locales/en.ftl", "track-never-welsh = Not Welsh"),
            ("src/site/locales/cy.ftl", "track-byth-saesneg = Byth"),
            ("src/site/locales/cy.ftl", "track-lost = { $telephone }"),
        ],
    },
    Rule {
        name: "citizens' pages say nothing that is only there in English",
        faults: words::only_english,
        breaches: &[
            ("src/portal/track.rs", "t.get(\"staff-done-note\")"),
            ("src/portal/track.html", "{{ p.here.name }}"),
            ("src/portal/track.rs", "long_date(due)"),
        ],
    },
    Rule {
        name: "citizens' pages hold no words of their own",
        faults: words::in_portal_templates,
        breaches: &[("src/portal/track.html", "<h1 class=\"x\">Track your case</h1>")],
    },
    Rule {
        name: "pages run and style nothing inline",
        faults: words::inline,
        breaches: &[("src/portal/track.html", "<p\n style=\"color: red\">{{ x }}</p>")],
    },
    Rule {
        name: "files are of a readable size",
        faults: |sources| {
            let long = |s: &&Source| s.is_code() && s.text.lines().count() > 600 && s.path != "src/platform/schema.rs";
            sources.iter().filter(long).map(|s| format!("{}: more than 600 lines", s.path)).collect()
        },
        breaches: &[("src/cases/all.rs", LONG)],
    },
    Rule {
        name: "nothing is left unfinished",
        faults: |sources| {
            Source::grep_all(
                sources,
                r"\b(TODO|FIXME|XXX)\b|\b(todo|unimplemented|dbg)!|#\[ignore",
                &["tests/it/tidy/mod.rs"],
            )
        },
        breaches: &[("src/cases/open.rs", "// TODO: the rest")],
    },
    Rule {
        name: "the present moment comes from the clock",
        faults: |sources| {
            let now = r"(?i)\b(Timestamp|Zoned|SystemTime)::now\b|[^.:\w]now\(\)|\b(current_timestamp|clock_timestamp|current_date)\b";
            Source::grep_code(&rust(sources), now, &["src/platform/clock.rs"])
        },
        breaches: &[("src/cases/open.rs", "let at = Timestamp::now();")],
    },
    Rule {
        name: "figures are whole numbers",
        faults: |sources| Source::grep_code(&rust(sources), r"\bf(32|64)\b", FLOATS),
        breaches: &[("src/billing/rate.rs", "let price = pence as f64 / 100.0;")],
    },
    Rule {
        name: "nothing is unsafe",
        faults: |sources| Source::grep_code(&rust(sources), r"\bunsafe\b", &[]),
        breaches: &[("src/kernel/ids.rs", "unsafe { std::mem::zeroed() }")],
    },
    Rule {
        name: "no secret is in the source",
        faults: |sources| {
            let secret = r"-----BEGIN [A-Z ]*PRIVATE KEY|\bAKIA[0-9A-Z]{16}\b|\b[sr]k_live_\w+|\bgh[pousr]_\w{30,}|\bSECRET_KEY\s*[=:]\s*.?[0-9a-f]{32}";
            Source::grep_all(sources, secret, &["tests/it/tidy/mod.rs"])
        },
        breaches: &[("docker-compose.yml", "SECRET_KEY: \"0123456789abcdef0123456789abcdef0123\"")],
    },
    Rule {
        name: "lock files name no registry",
        faults: |sources| {
            let locks: Vec<Source> =
                sources.iter().filter(|s| s.path.ends_with("package-lock.json")).cloned().collect();
            Source::grep_all(&locks, r#""resolved""#, &[])
        },
        breaches: &[("package-lock.json", "\"resolved\": \"https://registry.example/x.tgz\"")],
    },
];

/// Where measures that are no money may be floats: contrast ratios, pixels, and seconds for the operator.
const FLOATS: &[&str] = &[
    "src/tenancy/brand.rs",
    "src/tenancy/format.rs",
    "src/commercial/chart.rs",
    "src/site/observe.rs",
    "src/commercial/pdf/page.rs",
];

/// Stands for a file of more lines than fit.
const LONG: &str = "long";

fn rust(sources: &[Source]) -> Vec<Source> {
    sources.iter().filter(|s| s.path.starts_with("src/") && s.path.ends_with(".rs")).cloned().collect()
}

#[test]
fn the_house_is_tidy() {
    let sources = sources();
    let faults: Vec<String> = RULES
        .iter()
        .flat_map(|rule| (rule.faults)(&sources).into_iter().map(|fault| format!("{fault} ({})", rule.name)))
        .collect();
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn each_rule_finds_its_breach() {
    let whole = sources();
    for rule in RULES {
        let before = (rule.faults)(&whole).len();
        for (path, text) in rule.breaches {
            let text = if *text == LONG { "\n".repeat(601) } else { (*text).to_owned() };
            let mut sources = whole.clone();
            match sources.iter_mut().find(|source| source.path == *path) {
                Some(source) => *source = Source::new(path, format!("{text}\n{}", source.text)),
                None => sources.push(Source::new(path, text)),
            }
            assert!((rule.faults)(&sources).len() > before, "{}: {path} was not found", rule.name);
        }
    }
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).unwrap()
}
