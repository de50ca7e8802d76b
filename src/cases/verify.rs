//! The invariants of cases, for `moothall verify`.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Uuid as SqlUuid};

use crate::kernel::AuthorityId;
use crate::platform::verify::Check;
use crate::platform::{Db, Result, Scope, Tx};

#[derive(QueryableByName)]
struct Breach {
    #[diesel(sql_type = Text)]
    what: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// What is looked at, and what breaks the invariant; `$1` is the owner.
struct Rule {
    name: &'static str,
    looked_at: &'static str,
    breaches: &'static str,
}

const RULES: [Rule; 7] = [
    Rule {
        name: "every case accepted for work is counted once, and nothing else is",
        looked_at: "select count(*) as n from cases where tenant_id = $1 and agreement_id is not null",
        breaches: "with act as (select e.id, c.reference from case_event e \
             join cases c on c.tenant_id = e.tenant_id and c.id = e.case_id \
             where e.tenant_id = $1 and e.kind = 'opened' and exists (select from agreement_service s \
               where s.tenant_id = c.tenant_id and s.agreement_id = c.agreement_id and s.service = c.service and s.meter = 'case.accepted')), \
           counted as (select source_id, reference from usage_event \
             where tenant_id = $1 and meter = 'case.accepted' and reversal_of is null \
               and subject_id not in (select case_id from erased_case where tenant_id = $1)) \
           select 'case ' || reference || ' was accepted and is not counted' as what from act where id not in (select source_id from counted) \
           union all \
           select 'case ' || reference || ' is counted and was not accepted' from counted where source_id not in (select id from act)",
    },
    Rule {
        name: "a returned or withdrawn case is not charged, where its agreement says so, and every other is",
        looked_at: "select count(*) as n from case_event where tenant_id = $1 and (kind like 'returned.%' or kind = 'withdrawn')",
        breaches: "with due as (select u.id, u.reference from usage_event u \
             join case_event e on e.tenant_id = u.tenant_id and e.case_id = u.subject_id \
              and (e.kind like 'returned.%' or e.kind = 'withdrawn') \
             where u.tenant_id = $1 and u.reversal_of is null and u.reversed_when ? replace(e.kind, 'returned.', '')), \
           done as (select r.reversal_of, r.reference from usage_event r where r.tenant_id = $1 and r.reversal_of is not null \
             and exists (select from cases c where c.tenant_id = r.tenant_id and c.id = r.subject_id) \
             and not exists (select from case_time t where t.tenant_id = r.tenant_id and t.id = r.source_id)) \
           select 'case ' || reference || ' was returned or withdrawn and is still charged' as what from due where id not in (select reversal_of from done) \
           union all \
           select 'case ' || reference || ' is not charged and was neither returned nor withdrawn' from done where reversal_of not in (select id from due)",
    },
    Rule {
        name: "a case's handler stands on all its children",
        looked_at: "select count(*) as n from cases where tenant_id = $1",
        breaches: "select 'case ' || c.reference || ': an entry of its timeline has another handler' as what from cases c \
             join case_event e on e.tenant_id = c.tenant_id and e.case_id = c.id and e.handler_id <> c.handler_id where c.tenant_id = $1 \
           union all \
           select 'case ' || c.reference || ': its answer sheet has another handler' from cases c \
             join answer_sheet s on s.tenant_id = c.tenant_id and s.case_id = c.id and s.handler_id <> c.handler_id where c.tenant_id = $1 \
           union all \
           select 'case ' || c.reference || ': a file of it has another handler' from cases c \
             join case_file f on f.tenant_id = c.tenant_id and f.case_id = c.id and f.handler_id <> c.handler_id where c.tenant_id = $1 \
           union all \
           select 'case ' || c.reference || ': time booked to it has another handler' from cases c \
             join case_time t on t.tenant_id = c.tenant_id and t.case_id = c.id and t.handler_id <> c.handler_id where c.tenant_id = $1",
    },
    Rule {
        name: "time booked to a case is counted once where its agreement counts it, and what is taken back is not charged",
        looked_at: "select count(*) as n from case_time where tenant_id = $1",
        breaches: "with booked as (select t.*, c.reference from case_time t join cases c on c.tenant_id = t.tenant_id and c.id = t.case_id \
             where t.tenant_id = $1), \
           counted as (select u.*, r.id is not null as is_back from usage_event u \
             left join usage_event r on r.tenant_id = u.tenant_id and r.reversal_of = u.id \
             where u.tenant_id = $1 and u.meter = 'staff.minutes' and u.reversal_of is null) \
           select 'case ' || reference || ': time booked to it is not counted as it was booked' as what from booked b \
             where takes_back is null and agreement_id is not null and not exists (select from counted u where u.source_id = b.id \
               and (u.agreement_id, u.quantity, u.billing_date, u.subject_id) = (b.agreement_id, b.minutes * 1000, b.worked_on, b.case_id)) \
           union all \
           select 'case ' || reference || ': time booked to it is counted under no agreement' from booked b \
             where takes_back is null and agreement_id is null and exists (select from counted u where u.source_id = b.id) \
           union all \
           select 'case ' || b.reference || ': time that was taken back is still charged' from booked b \
             join counted u on u.source_id = b.takes_back and not u.is_back \
           union all \
           select 'case ' || b.reference || ': time was taken back otherwise than it was booked' from booked b \
             join case_time f on f.tenant_id = b.tenant_id and f.id = b.takes_back \
             where (f.minutes, f.worked_on, f.case_id) is distinct from (-b.minutes, b.worked_on, b.case_id)",
    },
    Rule {
        name: "every case has its answer sheet and its beginning",
        looked_at: "select count(*) as n from cases where tenant_id = $1",
        breaches: "select 'case ' || c.reference || ' has no answer sheet' as what from cases c where c.tenant_id = $1 \
             and not exists (select from answer_sheet s where s.tenant_id = c.tenant_id and s.case_id = c.id) \
           union all \
           select 'case ' || c.reference || ' has no beginning' from cases c where c.tenant_id = $1 \
             and not exists (select from case_event e where e.tenant_id = c.tenant_id and e.case_id = c.id and e.kind = 'opened')",
    },
    Rule {
        name: "every reference that was shown is a case",
        looked_at: "select count(*) as n from draft where tenant_id = $1 and submitted_at is not null",
        breaches: "select 'reference ' || d.reference || ' was shown and is no case' as what from draft d where d.tenant_id = $1 \
             and d.submitted_at is not null and not exists (select from cases c where c.tenant_id = d.tenant_id and c.id = d.case_id and c.reference = d.reference) \
             and not exists (select from erased_case x where x.tenant_id = d.tenant_id and x.case_id = d.case_id)",
    },
    Rule {
        name: "of an erased case nothing is left but that it was",
        looked_at: "select count(*) as n from erased_case where tenant_id = $1",
        breaches: "with left_over as (select id as case_id from cases where tenant_id = $1 \
             union all select case_id from message where tenant_id = $1 \
             union all select case_id from own_note where tenant_id = $1) \
           select 'case ' || x.reference || ' was erased and something of it is left' as what from erased_case x \
             where x.tenant_id = $1 and x.case_id in (select case_id from left_over)",
    },
];

/// Checks the cases of every council.
///
/// # Errors
/// The database's.
pub fn verify(db: &Db, owners: &[AuthorityId]) -> Result<Vec<Check>> {
    let mut checks: Vec<Check> = RULES.iter().map(|rule| Check::new(rule.name)).collect();
    for owner in owners {
        db.scoped(Scope::own(*owner), |tx| {
            for (rule, check) in RULES.iter().zip(&mut checks) {
                look(tx, *owner, rule, check)?;
            }
            Ok(())
        })?;
    }
    Ok(checks)
}

fn look(tx: &mut Tx<'_>, owner: AuthorityId, rule: &Rule, check: &mut Check) -> Result<()> {
    let counted: Count = diesel::sql_query(rule.looked_at).bind::<SqlUuid, _>(owner).get_result(tx.conn)?;
    let found: Vec<Breach> = diesel::sql_query(rule.breaches).bind::<SqlUuid, _>(owner).load(tx.conn)?;
    check.checked += counted.n;
    check.breaches.extend(found.into_iter().map(|b| b.what));
    Ok(())
}
