//! The catalogue gate is green on what the migrations make, and names whatever breaks a rule.

use diesel::Connection as _;
use diesel::connection::SimpleConnection as _;
use moothall::platform::config::DatabaseConfig;
use moothall::platform::{Db, catalogue};

use crate::harness::Database;

#[test]
fn the_migrated_database_keeps_every_rule() {
    let database = Database::empty();
    // As the server's own role, which is how a starting server asks.
    assert_eq!(catalogue::faults(&mut database.connect("moothall_app")).unwrap(), [""; 0]);
    catalogue::refuse_unfit(&database.db()).unwrap();
}

/// Each rule, broken once: what is done to the database, and a part of what the gate must then say.
const BREACHES: &[(&str, &str)] = &[
    // Tables and their class
    ("create table loose (tenant_id uuid primary key)", "loose: its comment names no class"),
    ("comment on table draft is null", "draft: its comment names no class"),
    ("comment on table draft is 'ours'", "draft: its comment names no class"),
    ("comment on table draft is 'global: nothing to see'", "draft: calls itself global"),
    ("comment on table draft is 'public'", "draft: policy read (for r to moothall_app) is not one of its class public"),
    ("comment on table cases is 'case'", "cases: policy worked (for r to moothall_app) is not one of its class case"),
    ("alter table draft disable row level security", "draft: has no row level security"),
    ("alter table draft no force row level security", "draft: does not force"),
    ("alter table draft owner to postgres", "draft: is not owned by moothall_owner"),
    ("alter table cases alter handler_id drop not null", "cases: a table of class case root needs a column handler_id"),
    ("alter table draft rename tenant_id to whose", "draft: has no column tenant_id"),
    ("alter table outbox drop constraint outbox_pkey", "outbox: has no primary key"),
    (
        "create table split (tenant_id uuid, n int) partition by list (n); create table part partition of split for values in (1)",
        "part: has no row level security",
    ),
    ("drop table usage_fold", "usage_fold: is listed in the gate and does not exist"),
    // Policies
    (
        "create policy open on draft for select to moothall_app using (true)",
        "draft: policy open (for r to moothall_app) is not one of",
    ),
    ("drop policy read on cases", "cases: policy read (for r to moothall_app) is missing"),
    ("alter policy read on draft to public", "draft: policy read (for r to public) is not one of"),
    (
        "alter policy read on draft to moothall_app, moothall_system",
        "draft: policy read (for r to moothall_app, moothall_system) is not",
    ),
    ("alter policy read on draft using (true)", "draft: policy read (for r to moothall_app) is not one of"),
    ("alter policy change on draft with check (true)", "draft: policy change (for w to moothall_app) is not one of"),
    (
        "alter policy add on usage_event with check (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)",
        "usage_event: policy add",
    ),
    ("alter policy read on draft using (tenant_id = current_setting('app.actor')::uuid)", "draft: policy read"),
    (
        "alter policy read on draft using (tenant_id = (select nullif(current_setting('app.actor', true), '')::uuid))",
        "draft: policy read",
    ),
    (
        "drop policy read on draft; create policy read on draft as restrictive for select to moothall_app \
      using (tenant_id = nullif(current_setting('app.actor', true), '')::uuid)",
        "draft: policy read",
    ),
    ("create policy open on installation using (true)", "installation: policy open"),
    // Keys
    ("create unique index everybody on staff (email)", "staff.everybody: is a key that tenant_id does not lead"),
    ("create unique index second on staff (email, tenant_id)", "staff.second: is a key that tenant_id does not lead"),
    (
        "create unique index lowered on staff (lower(email), tenant_id)",
        "staff.lowered: is a key that tenant_id does not lead",
    ),
    (
        "alter table authority_host drop constraint authority_host_pkey, add primary key (host)",
        "authority_host.authority_host_pkey: is a key",
    ),
    (
        "alter table bill_run add exclude using gist (agreement_id with =, tenant_id with =)",
        "bill_run.bill_run_agreement_id_tenant_id_excl: is a key",
    ),
    (
        "alter table bill_run add exclude using gist (tenant_id with <>, id with =)",
        "is an exclusion that does not compare tenant_id",
    ),
    (
        "create unique index on cases (id); alter table own_note add constraint stray foreign key (case_id) references cases (id)",
        "own_note.stray: is a foreign key that tenant_id does not lead",
    ),
    (
        "create unique index on cases (id, tenant_id); \
      alter table own_note add constraint turned foreign key (case_id, tenant_id) references cases (id, tenant_id)",
        "own_note.turned: is a foreign key",
    ),
    (
        "create table pair (tenant_id uuid, other uuid, primary key (tenant_id, other)); \
      alter table own_note add constraint crossed foreign key (id, tenant_id) references pair (tenant_id, other)",
        "own_note.crossed: is a foreign key that tenant_id does not lead",
    ),
    (
        "alter table own_note add constraint nulling foreign key (tenant_id, case_id) references cases on delete set null",
        "own_note.nulling: is a foreign key that would change",
    ),
    (
        "alter table own_note add constraint renaming foreign key (tenant_id, case_id) references cases on update cascade",
        "own_note.renaming: is a foreign key that would change",
    ),
    ("alter table answer_sheet disable trigger all", "answer_sheet: has a foreign key that is switched off"),
    (
        "update pg_index set indisvalid = false where indexrelid = 'cases_pkey'::regclass",
        "cases_pkey: is a key that is not enforced",
    ),
    ("alter table applied_part set unlogged", "applied_part: is not logged"),
    // What goes round row level security
    ("create view glance as select * from staff", "glance: is a view without security_invoker"),
    (
        "create view glance with (security_invoker = off) as select * from staff",
        "glance: is a view without security_invoker",
    ),
    ("create materialized view kept as select * from staff", "kept: only tables and security_invoker views"),
    ("create sequence counter", "counter: only tables"),
    ("create schema aside; create table aside.heap (id int)", "aside.heap: lies outside the schema public"),
    (
        "create function whoever() returns bigint language sql security definer as 'select count(*) from staff'",
        "whoever(): is a SECURITY DEFINER function",
    ),
    ("create function helper() returns int language sql as 'select 1'", "helper(): is a function"),
    (
        "create function moved() returns trigger language plpgsql as 'begin return new; end'; \
      create trigger moves before insert on staff for each row execute function moved()",
        "staff.moves: is a trigger",
    ),
    ("create rule quietly as on delete to staff do instead nothing", "staff.quietly: is a rewrite rule"),
    ("create extension citext", "citext: is an extension that nobody has judged"),
    // Defaults
    ("alter table draft alter started_at set default now()", "draft.started_at: has a default"),
    ("alter table draft alter id set default gen_random_uuid()", "draft.id: has a default"),
    ("alter table draft alter expires_at set default current_timestamp", "draft.expires_at: has a default"),
    ("alter table draft alter tenant_id drop default", "draft: tenant_id does not have the default of its class own"),
    (
        "alter table draft alter tenant_id set default nullif(current_setting('app.tenant', true), '')::uuid",
        "draft: tenant_id does not have the default",
    ),
    (
        "alter table agreement alter tenant_id set default nullif(current_setting('app.actor', true), '')::uuid",
        "agreement: tenant_id does not have the default",
    ),
    ("alter table draft add n bigint generated always as identity", "draft.n: is an identity column"),
    // Grants
    ("grant truncate on draft to moothall_app", "draft: TRUNCATE is granted to moothall_app"),
    ("grant references on draft to moothall_app", "draft: REFERENCES is granted"),
    ("grant trigger on draft to moothall_app", "draft: TRIGGER is granted"),
    (
        "grant update on draft to moothall_app",
        "draft: UPDATE is granted to moothall_app: UPDATE is granted column by column",
    ),
    ("grant update (tenant_id) on draft to moothall_app", "draft: UPDATE (tenant_id) is granted"),
    ("grant update (provider_id) on document to moothall_app", "document: UPDATE (provider_id) is granted"),
    ("grant update (author_id) on agreement to moothall_app", "agreement: UPDATE (author_id) is granted"),
    ("grant update (party_id) on signature to moothall_app", "signature: UPDATE (party_id) is granted"),
    ("grant update (id) on draft to moothall_app", "draft: UPDATE (id) is granted"),
    ("grant update (handler_id) on audit_entry to moothall_app", "audit_entry: UPDATE (handler_id) is granted"),
    ("grant update (quantity) on usage_event to moothall_app", "usage_event: UPDATE (quantity) is granted"),
    ("grant update (batch) on usage_fold to moothall_system", "usage_fold: UPDATE (batch) is granted"),
    ("grant update (amount_pence) on posting to moothall_app", "posting: UPDATE (amount_pence) is granted"),
    ("grant update (purpose) on journal_entry to moothall_app", "journal_entry: UPDATE (purpose) is granted"),
    ("grant update (name) on signature to moothall_app", "signature: UPDATE (name) is granted"),
    ("grant update (body) on case_event to moothall_app", "case_event: UPDATE (body) is granted"),
    ("grant update (sheet) on answer_sheet to moothall_app", "answer_sheet: UPDATE (sheet) is granted"),
    ("grant update (definition) on service_version to moothall_app", "service_version: UPDATE (definition) is granted"),
    ("grant update (answers) on draft to moothall_system", "draft: UPDATE (answers) is granted to moothall_system"),
    ("grant update (payload) on outbox to moothall_app", "outbox: UPDATE (payload) is granted to moothall_app"),
    ("grant delete on usage_event to moothall_app", "usage_event: DELETE is granted"),
    ("grant delete on audit_entry to moothall_app", "audit_entry: DELETE is granted"),
    ("grant delete on posting to moothall_app", "posting: DELETE is granted"),
    ("grant delete on case_event to moothall_app", "case_event: DELETE is granted"),
    ("grant delete on usage_day to moothall_system", "usage_day: DELETE is granted"),
    ("grant select on outbox to moothall_app", "outbox: SELECT is granted to moothall_app: its class"),
    ("grant insert on draft to moothall_router", "draft: INSERT is granted to moothall_router: its class"),
    ("grant insert (id) on draft to moothall_app", "draft: INSERT (id) is granted to moothall_app: only UPDATE"),
    ("grant select (id) on staff to moothall_router", "staff: SELECT (id) is granted to moothall_router: only UPDATE"),
    ("grant select on staff to public", "staff: SELECT is granted to public: only the roles of Moothall"),
    ("grant select on staff to moothall_migrate", "staff: SELECT is granted to moothall_migrate: only the roles"),
    (
        "grant select on draft to moothall_app with grant option",
        "draft: SELECT is granted to moothall_app: and could be passed on",
    ),
    ("grant insert on staff to moothall_backup", "staff: INSERT is granted to moothall_backup: the backup only reads"),
    ("grant update (demonstration) on installation to moothall_app", "installation: UPDATE (demonstration) is granted"),
    ("revoke insert on draft from moothall_app", "draft: INSERT is not granted to moothall_app"),
    (
        "alter default privileges for role moothall_owner in schema public grant select on tables to moothall_app",
        "to moothall_app: is a default grant",
    ),
    ("grant create on schema public to moothall_app", "moothall_app: may make things in this database"),
    ("grant temporary on database {database} to public", "moothall_router: may make things in this database"),
    // Roles
    ("alter role moothall_app superuser", "moothall_app: is a superuser"),
    ("alter role moothall_app bypassrls", "moothall_app: bypasses row level security, and must not"),
    ("alter role moothall_system createrole", "moothall_system: is a superuser, or makes roles"),
    ("alter role moothall_owner login", "moothall_owner: may sign in, and must not"),
    ("alter role moothall_migrate superuser", "moothall_migrate: is a superuser"),
    ("grant moothall_owner to moothall_app", "moothall_app: is a server's role that is a member of another"),
    ("grant pg_read_all_data to moothall_router", "moothall_router: is a server's role that is a member of another"),
    ("grant moothall_owner to moothall_backup", "moothall_backup: may act as the owner of the tables"),
    (
        "create table mine (id int); alter table mine owner to moothall_app",
        "moothall_app: is a server's role that owns something",
    ),
    (
        "alter role moothall_app set app.actor = '00000000-0000-0000-0000-000000000001'",
        "moothall_app: has a setting of its own",
    ),
    ("alter database {database} set row_security = off", "the database: has a setting of its own"),
];

#[test]
fn each_broken_rule_is_named() {
    let database = Database::empty();
    let mut conn = database.connect("postgres");
    let mut unseen = Vec::new();
    for (breach, said) in BREACHES {
        // Definitions are transactional in PostgreSQL, those of roles too: each breach is undone.
        let faults = conn.test_transaction::<_, diesel::result::Error, _>(|conn| {
            let broken = conn.batch_execute(&breach.replace("{database}", database.name()));
            broken.unwrap_or_else(|error| panic!("{breach}: {error}"));
            conn.batch_execute("set local role moothall_app")?;
            catalogue::faults(conn)
        });
        if !faults.iter().any(|fault| fault.contains(said)) {
            unseen.push(format!("{breach}\n  should say: {said}\n  says: {faults:?}"));
        }
    }
    assert!(unseen.is_empty(), "{}", unseen.join("\n"));
    assert_eq!(catalogue::faults(&mut conn).unwrap(), [""; 0], "every breach is undone");
}

#[test]
fn a_server_refuses_a_pool_that_nothing_binds() {
    let database = Database::empty();
    let fault = |change: &dyn Fn(&mut DatabaseConfig)| {
        let mut config = database.config();
        change(&mut config);
        catalogue::refuse_unfit(&Db::new(&config)).unwrap_err().to_string()
    };
    let as_superuser = fault(&|config| config.app_url = database.url("postgres"));
    assert!(as_superuser.contains("the pool of moothall_app: connects as postgres"), "{as_superuser}");
    assert!(as_superuser.contains("row level security does not bind it on cases"), "{as_superuser}");
    let past_policies = fault(&|config| config.system_url = database.url("moothall_backup"));
    assert!(
        past_policies.contains("the pool of moothall_system: row level security does not bind it on staff"),
        "{past_policies}"
    );
    let swapped = fault(&|config| config.router_url = database.url("moothall_app"));
    assert!(swapped.contains("the pool of moothall_router: connects as moothall_app"), "{swapped}");
}
