-- The councils of tenants/ are there already. Adds councils like them, people, agreements and cases, as the superuser,
-- past every wall: {tenants}, {cases} and {large} are filled in. The same every time: nothing here is random.
-- Foreign keys are not looked at: what is added refers to what is added.
set session_replication_role = replica;
set synchronous_commit = off;

-- Copies of the councils, each with services of its own and no partner.
create temp table copied as
select md5('council ' || n)::uuid as id, n, a.tenant_id as model
from generate_series(1, {tenants} - (select count(*) from authority)) n
join (select tenant_id, row_number() over (order by slug) - 1 as k, count(*) over () as models
      from authority where kind <> 'operator') a on a.k = n % a.models;

insert into authority (tenant_id, slug, name, short_name, type_name, kind, gss_code, prefix, languages, vat_number, contact,
  address, brand, portal, logo_svg, hero_svg, demonstration, changed_at)
select c.id, 'council-' || c.n, to_jsonb('Council ' || c.n || ' like ' || a.slug), to_jsonb('Council ' || c.n), a.type_name, a.kind,
       'E99' || lpad(c.n::text, 6, '0'), 'Q' || chr((65 + c.n / 26)::int) || chr((65 + c.n % 26)::int), a.languages,
       a.vat_number, a.contact, a.address, a.brand, a.portal, a.logo_svg, a.hero_svg, false, a.changed_at
from copied c join authority a on a.tenant_id = c.model;
insert into authority_host (tenant_id, host, n) select id, 'council-' || n || '.localhost', 0 from copied;
insert into service_version (tenant_id, slug, version, definition, published_at, published_by, in_force_from)
select c.id, v.slug, v.version, v.definition #- '{routing,partner}', v.published_at, v.published_by, v.in_force_from
from copied c join service_version v on v.tenant_id = c.model;

-- Forty services each: variants of those that the council has, under names of their own.
insert into service_version (tenant_id, slug, version, definition, published_at, published_by, in_force_from)
select tenant_id, slug || '-' || n, version,
       (definition #- '{routing,partner}') || jsonb_build_object('slug', slug || '-' || n)
         || jsonb_strip_nulls(case when definition -> 'name' ? 'en'
                 then jsonb_build_object('name', jsonb_build_object('en', (definition -> 'name' ->> 'en') || ', part ' || n,
                                                                    'cy', (definition -> 'name' ->> 'cy') || ', rhan ' || n))
                 else jsonb_build_object('name', (definition ->> 'name') || ', part ' || n) end),
       published_at, published_by, in_force_from
from (select v.*, n, row_number() over (partition by v.tenant_id order by n, v.slug) as place,
             count(*) filter (where n = 1) over (partition by v.tenant_id) as had
      from service_version v, generate_series(1, 40) n) variant
where place <= 40 - had;

-- Ten people at each, with sessions that outlast every run.
insert into staff (tenant_id, id, email, name, roles, created_at)
select a.tenant_id, md5(a.slug || ' officer ' || n)::uuid, 'officer' || n || '@' || a.slug || '.example',
       'Officer ' || n, '["officer"]', a.changed_at
from authority a, generate_series(1, 10) n;
insert into staff_session (tenant_id, id, staff_id, started_at, expires_at)
select tenant_id, md5('session ' || id)::uuid, id, created_at, created_at + interval '100 years' from staff;

-- Every other copy has the agreement of {consumer} with its neighbour.
create temp table paired as
select c.id as consumer, p.id as provider, c.n from copied c join copied p on p.n = c.n + 1 where c.n % 2 = 1;
create temp table model as
select g.* from agreement g join authority a on a.tenant_id = g.tenant_id where a.slug = '{consumer}' order by g.id limit 1;
insert into agreement (tenant_id, id, provider_id, author_id, shared_at, reference, variation, title, legal_basis,
  payment_terms_days, purchase_order, running, term_from, term_until, data_protection, content_hash, created_at)
select p.consumer, md5('agreement ' || p.n)::uuid, p.provider, p.provider, m.shared_at, m.reference || '-' || p.n,
       m.variation, m.title, m.legal_basis, m.payment_terms_days, m.purchase_order, m.running, m.term_from, m.term_until,
       m.data_protection, m.content_hash, m.created_at
from paired p, model m;
insert into agreement_service (tenant_id, agreement_id, provider_id, service, meter, reversed_when, author_id, shared_at)
select p.consumer, md5('agreement ' || p.n)::uuid, p.provider, s.service, s.meter, s.reversed_when,
       p.provider, s.shared_at
from paired p, agreement_service s join model m on m.tenant_id = s.tenant_id and m.id = s.agreement_id;
insert into signature (tenant_id, id, agreement_id, provider_id, party_id, kind, name, office, signed_on, document,
  content_hash, recorded_at)
select p.consumer, md5('signature ' || p.n || s.id)::uuid, md5('agreement ' || p.n)::uuid, p.provider,
       case when s.party_id = s.tenant_id then p.consumer else p.provider end,
       s.kind, s.name, s.office, s.signed_on, s.document, s.content_hash, s.recorded_at
from paired p, signature s join model m on m.tenant_id = s.tenant_id and m.id = s.agreement_id;

-- A year of cases in the order they came in: {large} each at {consumer} and {provider}, the rest alike.
create temp table council as
select tenant_id, slug, prefix, row_number() over (order by slug in ('{consumer}', '{provider}') desc, slug) - 1 as k
from authority where kind <> 'operator';
create temp table offered as
select v.tenant_id, v.slug, v.version, v.definition ->> 'kind' as kind, coalesce(v.definition -> 'noun' ->> 'en', v.definition ->> 'noun') as noun,
       v.definition #>> '{routing,team}' as team, s.agreement_id, s.provider_id,
       row_number() over (partition by v.tenant_id order by v.slug) - 1 as k,
       count(*) over (partition by v.tenant_id) as n
from service_version v
left join agreement_service s on s.tenant_id = v.tenant_id and s.service = v.slug
 and v.definition #>> '{routing,partner}' is not null;
create unlogged table came as
select i, c.tenant_id, c.prefix, s.slug as service, s.version, s.kind, s.noun, s.team, s.agreement_id,
       coalesce(s.provider_id, c.tenant_id) as handler_id, c.slug in ('{consumer}', '{provider}') as is_large,
       (lpad(to_hex((extract(epoch from w.at) * 1000)::bigint), 12, '0') || '7' || substr(md5(i::text), 1, 3) || '8'
         || substr(md5(i::text), 4, 15))::uuid as id,
       w.at, i % 100 >= case when i > {cases} * 11 / 12 then 60 else 98 end as still_open
from generate_series(1, {cases}) i
cross join lateral (select '{now}'::timestamptz - interval '1 year' * (1 - i::double precision / {cases}) as at) w
cross join lateral (select (i * 2654435761) % {cases} as r) r
join council c
  on c.k = case when r.r < 2 * {large} then r.r / {large} else 2 + r.r % ((select count(*) from council) - 2) end
join offered s on s.tenant_id = c.tenant_id and s.k = (i / 7) % s.n;

insert into cases (tenant_id, id, handler_id, agreement_id, reference, service, version, kind, title, state, closed,
  routed_because, team, contact_name, contact_email, contact_phone, language, track_hash, opened_at, due_on, outcome,
  closed_at, done_by)
select tenant_id, id, handler_id, agreement_id,
       prefix || '-' || substr(r.code, 1, 4) || '-' || substr(r.code, 5), service, version, kind,
       noun || ', ' || (i % 240) || ' Example Street',
       case when still_open then (array['new', 'in_progress'])[1 + i % 2] else 'resolved' end, not still_open,
       case when agreement_id is null then 'own service' else 'agreement' end, team,
       'Alex Example ' || i, 'alex' || i || '@mail.example', '07700' || lpad((i % 1000000)::text, 6, '0'), 'en',
       sha256(convert_to(i::text, 'UTF8')), at, (at + interval '7 days')::date,
       case when still_open then null else 'Repaired' end,
       case when still_open then null else at + interval '5 days' end, case when still_open then null else handler_id end
from came, lateral (select upper(lpad(to_hex((i * 25214903917) % 68719476736), 9, '0')) as code) r
order by i;
insert into answer_sheet (tenant_id, case_id, handler_id, sheet)
select tenant_id, id, handler_id, jsonb_build_object('language', 'en', 'rows', jsonb_build_array(
    jsonb_build_object('id', 'location', 'question', 'Road name and nearest landmark', 'answer',
      jsonb_build_array((i % 240) || ' Example Street, outside the chandlery')),
    jsonb_build_object('id', 'name', 'question', 'Your name', 'answer', jsonb_build_array('Alex Example ' || i)))
  || '[{"id": "surface", "question": "What is the pothole in?", "answer": ["The road"]},
       {"id": "depth", "question": "How deep is it?", "answer": ["4 cm or more"]},
       {"id": "danger", "question": "What have you seen?", "answer": ["Vehicles or bikes are swerving round it"]},
       {"id": "first_seen", "question": "When did you first see it?", "answer": ["20 November 2026"]},
       {"id": "more", "question": "Is there anything else we should know?",
        "answer": ["It fills with water when it rains, so that nobody sees how deep it is."]}]')
from came order by i;

-- Every case was opened, and those done were resolved; the large councils' have what happened between, too.
insert into case_event (tenant_id, id, case_id, handler_id, kind, seen_by, actor_id, actor_name, by_name, body, at)
select c.tenant_id, (lpad(to_hex((extract(epoch from c.at + e.after) * 1000)::bigint), 12, '0') || '7'
         || substr(md5(c.i || e.kind), 1, 3) || '8' || substr(md5(c.i || e.kind), 4, 15))::uuid,
       c.id, c.handler_id, e.kind, e.seen_by, e.actor, 'A council', e.by_name, e.body, c.at + e.after
from came c cross join lateral (values
  ('opened', 'citizen', interval '0', c.tenant_id, null, 'We have your report.', true),
  ('taken', 'staff', interval '1 day', c.handler_id, 'Officer 1', '', c.is_large and not c.still_open),
  ('update', 'citizen', interval '2 days', c.handler_id, 'Officer 1',
   'An inspector has looked at it and marked it for repair this week.', c.is_large and not c.still_open),
  ('resolved', 'citizen', interval '5 days', c.handler_id, 'Officer 1',
   'The hole is filled and the road is level again.', not c.still_open)
) as e (kind, seen_by, after, actor, by_name, body, happened)
where e.happened order by c.i;

-- What partners accepted was metered.
insert into usage_event (tenant_id, id, provider_id, agreement_id, service, meter, source_id, subject_id, reference,
  quantity, reversed_when, occurred_at, billing_date, recorded_at)
select c.tenant_id, md5('usage ' || c.i)::uuid, c.handler_id, c.agreement_id, c.service, 'case.accepted', md5('source ' || c.i)::uuid,
       c.id, 'seed-' || c.i, 1000, '["duplicate", "not-ours"]', c.at, c.at::date, c.at
from came c where c.agreement_id is not null order by c.i;
drop table came;
set session_replication_role = origin;
set synchronous_commit = on;
