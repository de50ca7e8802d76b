//! What each class of table must look like, written down a second time and independently of the migrations: the texts
//! are those that PostgreSQL itself prints for a policy.

/// Who works through a server's pool.
pub(super) const APP: &str = "moothall_app";
/// Reads what is public, before anybody's tenant is known.
pub(super) const ROUTER: &str = "moothall_router";
/// Works the queue and the folds.
pub(super) const SYSTEM: &str = "moothall_system";
/// The roles that a running server connects as.
pub(super) const SERVER_ROLES: [&str; 3] = [APP, ROUTER, SYSTEM];

/// One policy, in full. `{T}` and `{A}` stand for the tenant's and the actor's setting.
pub(super) struct Policy {
    pub name: &'static str,
    /// As `pg_policy` codes it: r, a, w, d, or `*` for all.
    pub command: &'static str,
    pub roles: &'static [&'static str],
    pub using: &'static str,
    pub check: &'static str,
}

/// A class: its policies, who reads and inserts whole rows, who may be granted columns to UPDATE.
pub(super) struct Class {
    pub name: &'static str,
    pub policies: &'static [Policy],
    pub read: &'static [&'static str],
    pub add: &'static [&'static str],
    pub change: Option<&'static str>,
    /// The default that `tenant_id` has, in every table of the class.
    pub default: Option<&'static str>,
    /// Columns besides `tenant_id` that its policies stand on, so that they are never null.
    pub parties: &'static [&'static str],
}

const fn policy(name: &'static str, command: &'static str, using: &'static str, check: &'static str) -> Policy {
    Policy { name, command, roles: &[APP], using, check }
}

const OWN: &str = "(tenant_id = {A})";
const HELD: &str = "((tenant_id = {T}) AND ((tenant_id = {A}) OR (handler_id = {A})))";
const PARTY: &str = "((tenant_id = {A}) OR (provider_id = {A}))";
const DRAFTED: &str = "(((tenant_id = {A}) OR (provider_id = {A})) AND ((author_id = {A}) OR (shared_at IS NOT NULL)))";

const TENANT: &str = "{T}";
const ACTOR: &str = "{A}";

/// Every class there is.
pub(super) const CLASSES: &[Class] = &[
    Class {
        name: "own",
        policies: &[
            policy("read", "r", OWN, ""),
            policy("add", "a", "", OWN),
            policy("change", "w", OWN, OWN),
            policy("remove", "d", OWN, ""),
        ],
        read: &[APP],
        add: &[APP],
        change: Some(APP),
        default: Some(ACTOR),
        parties: &[],
    },
    Class {
        name: "case root",
        policies: &[
            policy("read", "r", HELD, ""),
            policy("worked", "r", "(handler_id = {A})", ""),
            policy("add", "a", "", "((tenant_id = {T}) AND (tenant_id = {A}))"),
            policy("change", "w", HELD, HELD),
            policy("remove", "d", "((tenant_id = {T}) AND (tenant_id = {A}) AND closed)", ""),
        ],
        read: &[APP],
        add: &[APP],
        change: Some(APP),
        default: Some(TENANT),
        parties: &["handler_id"],
    },
    Class {
        name: "case",
        policies: &[policy("read", "r", HELD, ""), policy("add", "a", "", HELD), policy("change", "w", HELD, HELD)],
        read: &[APP],
        add: &[APP],
        change: Some(APP),
        default: Some(TENANT),
        parties: &["handler_id"],
    },
    Class {
        name: "bilateral either",
        policies: &[
            policy("read", "r", PARTY, ""),
            policy("add", "a", "", "((tenant_id = {T}) AND ((tenant_id = {A}) OR (provider_id = {A})))"),
        ],
        read: &[APP],
        add: &[APP],
        change: None,
        default: None,
        parties: &["provider_id"],
    },
    Class {
        name: "bilateral author",
        policies: &[
            policy("read", "r", DRAFTED, ""),
            policy(
                "add",
                "a",
                "",
                "((tenant_id = {T}) AND (author_id = {A}) AND ((tenant_id = {A}) OR (provider_id = {A})))",
            ),
            policy(
                "change",
                "w",
                "((tenant_id = {T}) AND (author_id = {A}) AND (shared_at IS NULL))",
                "((tenant_id = {T}) AND (author_id = {A}))",
            ),
        ],
        read: &[APP],
        add: &[APP],
        change: Some(APP),
        default: None,
        parties: &["provider_id", "author_id"],
    },
    Class {
        name: "bilateral provider",
        policies: &[
            policy("read", "r", DRAFTED, ""),
            policy("add", "a", "", "((tenant_id = {T}) AND (provider_id = {A}) AND (author_id = {A}))"),
            policy(
                "change",
                "w",
                "((tenant_id = {T}) AND (provider_id = {A}) AND (issued_at IS NULL))",
                "((tenant_id = {T}) AND (provider_id = {A}))",
            ),
            policy("remove", "d", "((tenant_id = {T}) AND (provider_id = {A}) AND (issued_at IS NULL))", ""),
        ],
        read: &[APP],
        add: &[APP],
        change: Some(APP),
        default: None,
        parties: &["provider_id", "author_id"],
    },
    Class {
        name: "bilateral party",
        policies: &[
            policy("read", "r", PARTY, ""),
            policy(
                "add",
                "a",
                "",
                "((tenant_id = {T}) AND (party_id = {A}) AND ((tenant_id = {A}) OR (provider_id = {A})))",
            ),
        ],
        read: &[APP],
        add: &[APP],
        change: None,
        default: None,
        parties: &["provider_id", "party_id"],
    },
    Class {
        name: "bilateral system",
        policies: &[policy("read", "r", PARTY, ""), Policy { roles: &[SYSTEM], ..policy("fold", "*", "true", "true") }],
        read: &[APP, SYSTEM],
        add: &[SYSTEM],
        change: Some(SYSTEM),
        default: None,
        parties: &["provider_id"],
    },
    Class {
        name: "audit",
        policies: &[
            policy("read", "r", "((tenant_id = {A}) OR (actor_id = {A}) OR (handler_id = {A}))", ""),
            policy("add", "a", "", "((tenant_id = {T}) AND (actor_id = {A}))"),
        ],
        read: &[APP],
        add: &[APP],
        change: None,
        default: Some(TENANT),
        parties: &["actor_id"],
    },
    Class {
        name: "public",
        policies: &[
            Policy { roles: &SERVER_ROLES, ..policy("read", "r", "true", "") },
            policy("add", "a", "", OWN),
            policy("change", "w", OWN, OWN),
            policy("remove", "d", OWN, ""),
        ],
        read: &SERVER_ROLES,
        add: &[APP],
        change: Some(APP),
        default: None,
        parties: &[],
    },
    Class {
        name: "queue",
        policies: &[
            policy("add", "a", "", "(tenant_id = {T})"),
            Policy { roles: &[SYSTEM], ..policy("work", "*", "true", "true") },
        ],
        read: &[SYSTEM],
        add: &[APP, SYSTEM],
        change: Some(SYSTEM),
        default: Some(TENANT),
        parties: &[],
    },
    Class {
        name: "queue of parties",
        policies: &[
            policy("add", "a", "", "((tenant_id = {T}) AND ((tenant_id = {A}) OR (provider_id = {A})))"),
            Policy { roles: &[SYSTEM], ..policy("work", "*", "true", "true") },
        ],
        read: &[SYSTEM],
        add: &[APP, SYSTEM],
        change: Some(SYSTEM),
        default: Some(TENANT),
        parties: &["provider_id"],
    },
];

/// Tables outside the classes, which hold no tenant's data, and the role that writes them. They also say `global:` and
/// why in their comment.
pub(super) const GLOBAL: &[(&str, Option<&str>)] =
    &[("installation", None), ("job", Some(SYSTEM)), ("work_tally", Some(SYSTEM))];

/// Where rows may be removed, and by which role: drafts of all kinds, work that is done, a host given up, counts that are too
/// old to say anything, and what was kept of a case as long as it is to be.
pub(super) const REMOVABLE: &[(&str, &str)] = &[
    ("address", APP),
    ("authority_host", APP),
    ("budget", APP),
    ("case_conflict", APP),
    ("cases", APP),
    ("council_postcode", APP),
    ("citizen_login", APP),
    ("citizen_session", APP),
    ("service_draft", APP),
    ("draft", APP),
    ("draft_upload", APP),
    ("document", APP),
    ("document_line", APP),
    ("journey_count", APP),
    ("message", APP),
    ("missed_search", APP),
    ("own_note", APP),
    ("parked_run", APP),
    ("task_move", APP),
    ("task_place", APP),
    ("variation_draft", APP),
    ("outbox", SYSTEM),
    ("usage_pending", SYSTEM),
];

/// What is only ever added to, with the columns that may yet change: who handles a case, under which secret a value
/// is sealed, and when a published version was replaced. What hangs on a case goes with it, and in no other way.
pub(super) const LEDGERS: &[(&str, &[&str])] = &[
    ("agreement_notice", &[]),
    ("allocation", &[]),
    ("answer_sheet", &["handler_id", "sealed"]),
    ("audit_entry", &[]),
    ("book_period", &[]),
    ("budget_alert", &["seen_by_name", "seen_at"]),
    ("case_event", &["handler_id"]),
    ("case_time", &["handler_id"]),
    ("erased_case", &[]),
    ("journal_entry", &[]),
    ("outturn", &[]),
    ("posting", &[]),
    ("remittance", &[]),
    ("remittance_entry", &[]),
    ("review_entry", &[]),
    ("service_version", &["retired_at"]),
    ("signature", &[]),
    ("usage_event", &[]),
    ("usage_fold", &[]),
    ("usage_intake", &[]),
];

/// Columns that say whose a row is: no role may be granted them to UPDATE, whatever the class.
pub(super) const FIXED: &[&str] = &["tenant_id", "provider_id", "author_id", "party_id", "actor_id"];

/// Writes out the settings of a policy's or default's text as PostgreSQL prints them.
pub(super) fn spelt(text: &str) -> String {
    let setting = |name: &str| format!("(NULLIF(current_setting('app.{name}'::text, true), ''::text))::uuid");
    text.replace("{T}", &setting("tenant")).replace("{A}", &setting("actor"))
}
