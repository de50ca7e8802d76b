//! The gate: compares the live catalogue of a database with the rules of isolation (DESIGN, "Isolation"), in the tests and
//! whenever a server starts. What it does not know, it refuses: a table without a class, a function, a role's extra grant.
//!
//! It reads only `pg_catalog`, so that the server's own roles may run it.

mod classes;

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Nullable, Text};
use uuid::Uuid;

use self::classes::{APP, CLASSES, Class, FIXED, GLOBAL, LEDGERS, REMOVABLE, ROUTER, SERVER_ROLES, SYSTEM, spelt};
use super::db::{Db, Scope};
use crate::kernel::AuthorityId;

/// The relations that belong to us: not to an extension, not to this session, and not diesel's table of migrations.
const OURS: &str = "with ours as (
  select c.oid, c.relname, c.relkind, c.relowner, c.relacl, c.reloptions, n.nspname,
         coalesce(obj_description(c.oid, 'pg_class'), '') as class
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp|toast_temp)'
    and c.relkind not in ('i', 'I', 't') and c.relname <> '__diesel_schema_migrations'
    and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
), ruled as (
  select * from ours where relkind in ('r', 'p') and class not like 'global:%'
) ";

/// Rules that a query can judge alone: what is wrong, and the query that finds what it is wrong with.
const RULES: &[(&str, &str)] = &[
    (
        "only tables and security_invoker views are known here, not materialised views, foreign tables or sequences",
        "select relname as subject from ours where relkind not in ('r', 'p', 'v', 'c')",
    ),
    ("lies outside the schema public, where no rule reaches", "select nspname || '.' || relname as subject from ours where nspname <> 'public'"),
    (
        "is a view without security_invoker: it would read with its owner's rights",
        "select relname as subject from ours where relkind = 'v'
         and not lower(coalesce(reloptions::text, '')) ~ 'security_invoker=(true|on|1|yes)'",
    ),
    ("is not owned by moothall_owner", "select relname as subject from ours where pg_get_userbyid(relowner) <> 'moothall_owner'"),
    (
        "has no row level security",
        "select r.relname as subject from ruled r join pg_class c on c.oid = r.oid where not c.relrowsecurity",
    ),
    (
        "does not force row level security on its owner",
        "select r.relname as subject from ruled r join pg_class c on c.oid = r.oid where not c.relforcerowsecurity",
    ),
    (
        "is not logged: a crash would empty it",
        "select o.relname as subject from ours o join pg_class c on c.oid = o.oid where c.relpersistence <> 'p' and o.relkind in ('r', 'p')",
    ),
    (
        "is a key that is not enforced, because building it was cut short",
        "select i.indexrelid::regclass::text as subject from ours o join pg_index i on i.indrelid = o.oid
         where (i.indisunique or i.indisexclusion) and not (i.indisvalid and i.indisready and i.indislive)",
    ),
    (
        "has no column tenant_id that is a uuid and never null",
        "select relname as subject from ruled r where not exists (select from pg_attribute a where a.attrelid = r.oid
         and a.attname = 'tenant_id' and a.atttypid = 'uuid'::regtype and a.attnotnull)",
    ),
    (
        "has no primary key",
        "select relname as subject from ruled r where not exists (select from pg_index i where i.indrelid = r.oid and i.indisprimary)",
    ),
    (
        "is a key that tenant_id does not lead: it would tell one tenant what another has",
        "select r.relname || '.' || i.indexrelid::regclass::text as subject from ruled r join pg_index i on i.indrelid = r.oid
         left join pg_attribute a on a.attrelid = r.oid and a.attnum = i.indkey[0]
         where (i.indisunique or i.indisexclusion) and a.attname is distinct from 'tenant_id'
           and (r.class <> 'public' or i.indisprimary)",
    ),
    (
        "is an exclusion that does not compare tenant_id for equality",
        "select r.relname || '.' || k.conname as subject from ruled r join pg_constraint k on k.conrelid = r.oid and k.contype = 'x'
         join pg_operator o on o.oid = k.conexclop[1] where o.oprname <> '='",
    ),
    (
        "is a foreign key that tenant_id does not lead on both sides: checks and cascades would cross tenants",
        "select r.relname || '.' || k.conname as subject from ruled r join pg_constraint k on k.conrelid = r.oid and k.contype = 'f'
         join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
         join pg_attribute b on b.attrelid = k.confrelid and b.attnum = k.confkey[1]
         join ours target on target.oid = k.confrelid
         where b.attname <> 'tenant_id' or (a.attname <> 'tenant_id' and target.class <> 'public')",
    ),
    (
        "is a foreign key that would change whose row it is when what it names is removed or renamed",
        "select r.relname || '.' || k.conname as subject from ruled r join pg_constraint k on k.conrelid = r.oid and k.contype = 'f'
         where k.confupdtype not in ('a', 'r') or k.confdeltype not in ('a', 'r', 'c')",
    ),
    (
        "is a trigger, and none is allowed: what happens is written in the transaction that does it",
        "select o.relname || '.' || t.tgname as subject from ours o join pg_trigger t on t.tgrelid = o.oid where not t.tgisinternal",
    ),
    (
        "has a foreign key that is switched off",
        "select distinct o.relname as subject from ours o join pg_trigger t on t.tgrelid = o.oid where t.tgisinternal and t.tgenabled <> 'O'",
    ),
    (
        "is a rewrite rule, and none is allowed",
        "select o.relname || '.' || w.rulename as subject from ours o join pg_rewrite w on w.ev_class = o.oid where w.rulename <> '_RETURN'",
    ),
    ("is an event trigger, and none is allowed", "select evtname::text as subject from pg_event_trigger"),
    (
        "is a SECURITY DEFINER function: it would work with its owner's rights",
        "select p.oid::regprocedure::text as subject from pg_proc p where p.prosecdef
         and p.pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)",
    ),
    (
        "is a function, and none is listed: the rules live in the program",
        "select p.oid::regprocedure::text as subject from pg_proc p join pg_namespace n on n.oid = p.pronamespace
         where n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_temp' and not p.prosecdef
         and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')",
    ),
    (
        "is an extension that nobody has judged",
        "select extname::text as subject from pg_extension where extname not in ('plpgsql', 'btree_gist', 'pg_stat_statements')",
    ),
    (
        "has a default that is neither a constant nor the scope's own setting: the clock and ids are passed in",
        "select o.relname || '.' || a.attname as subject from ours o join pg_attribute a on a.attrelid = o.oid
         join pg_attrdef d on d.adrelid = o.oid and d.adnum = a.attnum
         where a.attgenerated = '' and pg_get_expr(d.adbin, d.adrelid) !~ '^(true|false|-?[0-9]+|''[^'']*''::[a-z ]+)$'
         and pg_get_expr(d.adbin, d.adrelid) !~
           '^\\(NULLIF\\(current_setting\\(''app\\.(tenant|actor)''::text, true\\), ''''::text\\)\\)::uuid$'",
    ),
    (
        "is an identity column: its numbers would tell one tenant how much the others do",
        "select o.relname || '.' || a.attname as subject from ours o join pg_attribute a on a.attrelid = o.oid where a.attidentity <> ''",
    ),
    (
        "may make things in this database, which a server has no need to",
        "select r.rolname::text as subject from pg_roles r where r.rolname in ('moothall_app', 'moothall_router', 'moothall_system')
         and (has_schema_privilege(r.oid, 'public', 'create') or has_database_privilege(r.oid, current_database(), 'create')
           or has_database_privilege(r.oid, current_database(), 'temporary'))",
    ),
    (
        "is a default grant on whatever is made next: grants are written table by table",
        "select 'to ' || case g.grantee when 0 then 'public' else pg_get_userbyid(g.grantee) end as subject
         from pg_default_acl d cross join lateral aclexplode(d.defaclacl) g
         where g.grantee <> d.defaclrole and not (g.privilege_type = 'SELECT' and pg_get_userbyid(g.grantee) = 'moothall_backup')",
    ),
    (
        "has a setting of its own for whose rows it sees, which only a transaction may have",
        "select coalesce(pg_get_userbyid(nullif(s.setrole, 0)), 'the database') as subject from pg_db_role_setting s
         cross join lateral unnest(s.setconfig) one where one ~ '^(app\\.|row_security|session_replication_role|role)'",
    ),
    (
        "is a server's role that owns something",
        "select r.rolname::text as subject from pg_roles r where r.rolname in ('moothall_app', 'moothall_router', 'moothall_system')
         and exists (select from pg_shdepend d where d.refclassid = 'pg_authid'::regclass and d.refobjid = r.oid and d.deptype = 'o')",
    ),
    (
        "is a server's role that is a member of another, whose rights it would have",
        "select pg_get_userbyid(m.member)::text as subject from pg_auth_members m
         where pg_get_userbyid(m.member) in ('moothall_app', 'moothall_router', 'moothall_system')",
    ),
    (
        "may act as the owner of the tables, which only moothall_migrate may",
        "select pg_get_userbyid(m.member)::text as subject from pg_auth_members m
         where pg_get_userbyid(m.roleid) = 'moothall_owner' and pg_get_userbyid(m.member) <> 'moothall_migrate'",
    ),
];

/// What each role may be, besides able to connect: (name, may sign in, bypasses row level security, makes databases).
const ROLES: [(&str, bool, bool, bool); 6] = [
    (APP, true, false, false),
    (ROUTER, true, false, false),
    (SYSTEM, true, false, false),
    ("moothall_owner", false, false, false),
    ("moothall_migrate", true, true, true),
    (BACKUP, true, true, false),
];
const BACKUP: &str = "moothall_backup";

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    subject: String,
}

#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    class: String,
    /// The columns that are never null.
    #[diesel(sql_type = Array<Text>)]
    firm: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    key: Vec<String>,
    #[diesel(sql_type = Nullable<Text>)]
    default: Option<String>,
}

#[derive(QueryableByName, PartialEq, Eq, PartialOrd, Ord)]
struct LivePolicy {
    #[diesel(sql_type = Text)]
    table: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    command: String,
    #[diesel(sql_type = Bool)]
    permissive: bool,
    #[diesel(sql_type = Array<Text>)]
    roles: Vec<String>,
    #[diesel(sql_type = Text)]
    using: String,
    #[diesel(sql_type = Text)]
    check: String,
}

#[derive(QueryableByName)]
struct Grant {
    #[diesel(sql_type = Text)]
    table: String,
    #[diesel(sql_type = Bool)]
    view: bool,
    #[diesel(sql_type = Nullable<Text>)]
    column: Option<String>,
    #[diesel(sql_type = Text)]
    role: String,
    #[diesel(sql_type = Text)]
    privilege: String,
    #[diesel(sql_type = Bool)]
    grantable: bool,
}

#[derive(QueryableByName)]
struct Role {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Bool)]
    login: bool,
    #[diesel(sql_type = Bool)]
    bypass: bool,
    #[diesel(sql_type = Bool)]
    makes_databases: bool,
    #[diesel(sql_type = Bool)]
    more: bool,
}

/// Everything in the database that breaks a rule of isolation, each fault naming the table (or what else it is) and the
/// rule. An empty answer is the only good one.
///
/// # Errors
/// The database's.
pub fn faults(conn: &mut PgConnection) -> QueryResult<Vec<String>> {
    let mut faults = Vec::new();
    for (rule, query) in RULES {
        let found: Vec<Found> = diesel::sql_query(format!("{OURS} {query} order by 1")).load(conn)?;
        faults.extend(found.into_iter().map(|f| format!("{}: {rule}", f.subject)));
    }
    let tables: Vec<Table> = diesel::sql_query(format!(
        "{OURS} select o.relname::text as name, o.class,
           array(select a.attname::text from pg_attribute a where a.attrelid = o.oid and a.attnum > 0 and a.attnotnull) as firm,
           array(select a.attname::text from pg_index i join pg_attribute a on a.attrelid = o.oid and a.attnum = any(i.indkey::int2[])
                 where i.indrelid = o.oid and i.indisprimary) as key,
           (select pg_get_expr(d.adbin, d.adrelid) from pg_attrdef d join pg_attribute a on a.attrelid = o.oid and a.attnum = d.adnum
            where d.adrelid = o.oid and a.attname = 'tenant_id') as default
         from ours o where o.relkind in ('r', 'p') order by 1"
    ))
    .load(conn)?;
    judge_classes(&tables, &mut faults);
    judge_policies(conn, &tables, &mut faults)?;
    judge_grants(conn, &tables, &mut faults)?;
    judge_roles(conn, &mut faults)?;
    faults.sort();
    Ok(faults)
}

fn class_of(table: &Table) -> Option<&'static Class> {
    CLASSES.iter().find(|class| class.name == table.class)
}

fn judge_classes(tables: &[Table], faults: &mut Vec<String>) {
    for table in tables {
        let name = &table.name;
        if table.class.starts_with("global:") {
            if !GLOBAL.iter().any(|(global, _)| global == name) {
                faults.push(format!("{name}: calls itself global and is not listed as that"));
            }
            continue;
        }
        let Some(class) = class_of(table) else {
            faults.push(format!("{name}: its comment names no class of isolation ({:?})", table.class));
            continue;
        };
        for column in class.parties.iter().filter(|column| !table.firm.iter().any(|firm| firm == *column)) {
            faults.push(format!("{name}: a table of class {} needs a column {column} that is never null", class.name));
        }
        let wanted = class.default.map(spelt);
        let fit = match (&table.default, &wanted) {
            (None, None) => true,
            (Some(default), None) => *default == spelt("{T}"),
            (default, wanted) => default == wanted,
        };
        if !fit {
            faults.push(format!("{name}: tenant_id does not have the default of its class {}", class.name));
        }
    }
    let known = |name: &str| tables.iter().any(|table| table.name == name);
    let listed = LEDGERS
        .iter()
        .map(|(name, _)| name)
        .chain(REMOVABLE.iter().map(|(name, _)| name))
        .chain(GLOBAL.iter().map(|(name, _)| name));
    faults.extend(
        listed.filter(|name| !known(name)).map(|name| format!("{name}: is listed in the gate and does not exist")),
    );
}

fn judge_policies(conn: &mut PgConnection, tables: &[Table], faults: &mut Vec<String>) -> QueryResult<()> {
    let live: Vec<LivePolicy> = diesel::sql_query(
        "select p.polrelid::regclass::text as table, p.polname::text as name, p.polcmd::text as command, p.polpermissive as permissive,
           array(select case one when 0 then 'public' else pg_get_userbyid(one)::text end from unnest(p.polroles) one order by 1) as roles,
           coalesce(pg_get_expr(p.polqual, p.polrelid), '') as using, coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '') as check
         from pg_policy p",
    )
    .load(conn)?;
    let mut by_table: BTreeMap<String, Vec<LivePolicy>> = BTreeMap::new();
    for policy in live {
        by_table.entry(policy.table.clone()).or_default().push(policy);
    }
    for table in tables {
        let wanted = class_of(table).map_or(&[][..], |class| class.policies);
        let mut wanted: Vec<LivePolicy> = wanted
            .iter()
            .map(|policy| LivePolicy {
                table: table.name.clone(),
                name: policy.name.to_owned(),
                command: policy.command.to_owned(),
                permissive: true,
                roles: policy.roles.iter().map(|role| (*role).to_owned()).collect(),
                using: spelt(policy.using),
                check: spelt(policy.check),
            })
            .collect();
        let mut found = by_table.remove(&table.name).unwrap_or_default();
        wanted.sort();
        found.sort();
        let name = &table.name;
        let rule = |what: &str, policy: &LivePolicy| {
            format!(
                "{name}: policy {} (for {} to {}) {what} its class {}",
                policy.name,
                policy.command,
                policy.roles.join(", "),
                table.class
            )
        };
        faults
            .extend(found.iter().filter(|policy| !wanted.contains(policy)).map(|policy| rule("is not one of", policy)));
        faults
            .extend(wanted.iter().filter(|policy| !found.contains(policy)).map(|policy| rule("is missing of", policy)));
    }
    Ok(())
}

fn judge_grants(conn: &mut PgConnection, tables: &[Table], faults: &mut Vec<String>) -> QueryResult<()> {
    let grants: Vec<Grant> = diesel::sql_query(format!(
        "{OURS}, held as (
           select o.*, null::text as column, g.* from ours o cross join lateral aclexplode(o.relacl) g
           union all
           select o.*, a.attname::text, g.* from ours o join pg_attribute a on a.attrelid = o.oid cross join lateral aclexplode(a.attacl) g
         )
         select relname::text as table, relkind = 'v' as view, \"column\",
           case grantee when 0 then 'public' else pg_get_userbyid(grantee)::text end as role,
           privilege_type as privilege, is_grantable as grantable
         from held where grantee <> relowner order by 1, 3, 4, 5"
    ))
    .load(conn)?;
    for grant in &grants {
        let table = tables.iter().find(|table| table.name == grant.table);
        if let Some(why) = unfit(grant, table) {
            let on = grant.column.as_ref().map_or_else(String::new, |column| format!(" ({column})"));
            faults.push(format!("{}: {}{on} is granted to {}: {why}", grant.table, grant.privilege, grant.role));
        }
    }
    for table in tables {
        let Some(class) = class_of(table) else { continue };
        let has = |role: &str, privilege: &str| {
            grants
                .iter()
                .any(|g| g.table == table.name && g.column.is_none() && g.role == role && g.privilege == privilege)
        };
        for (privilege, roles) in [("SELECT", class.read), ("INSERT", class.add)] {
            for role in roles.iter().filter(|role| !has(role, privilege)) {
                faults.push(format!(
                    "{}: {privilege} is not granted to {role}, as in every table of class {}",
                    table.name, class.name
                ));
            }
        }
    }
    Ok(())
}

/// Why a grant may not be; none where it may.
fn unfit(grant: &Grant, table: Option<&Table>) -> Option<&'static str> {
    let (role, privilege) = (grant.role.as_str(), grant.privilege.as_str());
    if grant.grantable {
        return Some("and could be passed on");
    }
    if role == BACKUP {
        return (privilege != "SELECT").then_some("the backup only reads");
    }
    if !SERVER_ROLES.contains(&role) {
        return Some("only the roles of Moothall have rights here");
    }
    if grant.view {
        return (privilege != "SELECT" || grant.column.is_some()).then_some("a view is only read");
    }
    if let Some((_, writer)) = GLOBAL.iter().find(|(name, _)| *name == grant.table) {
        return match (privilege, &grant.column) {
            ("SELECT", None) => None,
            ("INSERT", None) | ("UPDATE", Some(_)) => {
                (*writer != Some(role)).then_some("another role writes this, or none")
            }
            _ => Some("it is read, added to, and changed column by column"),
        };
    }
    let (Some(table), Some(class)) = (table, table.and_then(class_of)) else {
        return Some("it has no class that says so");
    };
    match (privilege, &grant.column) {
        ("SELECT", None) => (!class.read.contains(&role)).then_some("its class does not let this role read"),
        ("INSERT", None) => (!class.add.contains(&role)).then_some("its class does not let this role insert"),
        ("DELETE", None) => (!REMOVABLE.contains(&(&table.name, role))).then_some("nothing is removed there"),
        ("UPDATE", None) => Some("UPDATE is granted column by column"),
        ("UPDATE", Some(column)) => unfit_update(table, class, role, column),
        (_, Some(_)) => Some("only UPDATE is granted by column"),
        _ => Some("no server's role needs it, and it goes past row level security"),
    }
}

fn unfit_update(table: &Table, class: &Class, role: &str, column: &str) -> Option<&'static str> {
    let ledger = LEDGERS.iter().find(|(name, _)| *name == table.name);
    if FIXED.contains(&column) {
        return Some("it says whose the row is");
    }
    if table.key.iter().any(|key| key == column) {
        return Some("it is part of the primary key");
    }
    if column == "handler_id" && !matches!(class.name, "case" | "case root") {
        return Some("only a case and its children change hands");
    }
    if ledger.is_some_and(|(_, may_change)| !may_change.contains(&column)) {
        return Some("a ledger is added to, never edited");
    }
    (class.change != Some(role)).then_some("its class does not let this role change rows")
}

fn judge_roles(conn: &mut PgConnection, faults: &mut Vec<String>) -> QueryResult<()> {
    let roles: Vec<Role> = diesel::sql_query(
        "select rolname::text as name, rolcanlogin as login, rolbypassrls as bypass, rolcreatedb as makes_databases,
           rolsuper or rolcreaterole or rolreplication as more
         from pg_roles where rolname like 'moothall\\_%'",
    )
    .load(conn)?;
    for (name, login, bypass, makes_databases) in ROLES {
        let Some(role) = roles.iter().find(|role| role.name == name) else {
            faults.push(format!("{name}: this role does not exist"));
            continue;
        };
        if role.more {
            faults.push(format!("{name}: is a superuser, or makes roles, or replicates"));
        }
        for (is, may, what) in [
            (role.login, login, "may sign in"),
            (role.bypass, bypass, "bypasses row level security"),
            (role.makes_databases, makes_databases, "makes databases"),
        ] {
            if is && !may {
                faults.push(format!("{name}: {what}, and must not"));
            }
        }
    }
    Ok(())
}

/// Checks the database that a server is about to serve: each pool connects as the role it should, with row level security
/// in force on every table, and the whole catalogue is as the design says.
///
/// # Errors
/// Says everything that is wrong: the server must not start.
pub fn refuse_unfit(db: &Db) -> anyhow::Result<()> {
    let nobody = Scope::own(AuthorityId(Uuid::nil()));
    let mut faults = db.scoped(nobody, |tx| Ok(faults(tx.conn)?))?;
    faults.extend(db.scoped(nobody, |tx| Ok(unfit_pool(tx.conn, APP)?))?);
    faults.extend(db.router(|conn| Ok(unfit_pool(conn, ROUTER)?))?);
    faults.extend(db.system("catalogue.refuse_unfit", |conn| Ok(unfit_pool(conn, SYSTEM)?))?);
    anyhow::ensure!(
        faults.is_empty(),
        "this database does not keep councils apart as it must:\n  {}",
        faults.join("\n  ")
    );
    Ok(())
}

fn unfit_pool(conn: &mut PgConnection, role: &str) -> QueryResult<Vec<String>> {
    let wrong: Vec<Found> = diesel::sql_query(
        "select 'the pool of ' || $1 || ': connects as ' || current_user as subject where current_user <> $1 or session_user <> $1
         union all
         select 'the pool of ' || $1 || ': row level security does not bind it on ' || c.relname from pg_class c
         where c.relnamespace = 'public'::regnamespace and c.relrowsecurity and not row_security_active(c.oid)
         order by 1",
    )
    .bind::<Text, _>(role)
    .load(conn)?;
    Ok(wrong.into_iter().map(|f| f.subject).collect())
}
