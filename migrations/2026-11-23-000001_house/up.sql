-- The house: every table declares its isolation class (DESIGN: Isolation), gets the class's exact policies and
-- whole-row INSERT where the class inserts; UPDATE and DELETE are granted table by table, UPDATE by column.
-- Money is bigint pence, rates bigint millionths of a pound, quantities bigint thousandths.
-- No column defaults to now(): the clock is passed in by the application.
create extension if not exists btree_gist;

grant usage on schema public to moothall_app, moothall_router, moothall_system, moothall_backup;
alter default privileges in schema public grant select on tables to moothall_backup;

create procedure pg_temp.protect(tbl text, class text) language plpgsql as $protect$
declare
  t constant text := $e$nullif(current_setting('app.tenant', true), '')::uuid$e$;
  a constant text := $e$nullif(current_setting('app.actor', true), '')::uuid$e$;
  party constant text := format('(tenant_id = %1$s or provider_id = %1$s)', a);
  holder constant text := format('tenant_id = %s and (tenant_id = %s or handler_id = %s)', t, a, a);
  drafted constant text := format('%s and (author_id = %s or shared_at is not null)', party, a);
begin
  execute format('comment on table %I is %L', tbl, class);
  execute format('alter table %I enable row level security', tbl);
  execute format('alter table %I force row level security', tbl);
  case class
  when 'own' then
    execute format('create policy read on %I for select to moothall_app using (tenant_id = %s)', tbl, a);
    execute format('create policy add on %I for insert to moothall_app with check (tenant_id = %s)', tbl, a);
    execute format('create policy change on %I for update to moothall_app using (tenant_id = %s) with check (tenant_id = %s)', tbl, a, a);
    execute format('create policy remove on %I for delete to moothall_app using (tenant_id = %s)', tbl, a);
    execute format('grant select, insert on %I to moothall_app', tbl);
  when 'case', 'case root' then
    execute format('create policy read on %I for select to moothall_app using (%s)', tbl, holder);
    if class = 'case root' then
      -- PostgreSQL tries policies in the reverse order of their names: for each row of a queue, this one first.
      execute format('create policy worked on %I for select to moothall_app using (handler_id = %s)', tbl, a);
      execute format('create policy add on %I for insert to moothall_app with check (tenant_id = %s and tenant_id = %s)', tbl, t, a);
      -- Its owner erases a case once it is closed, and its children go with it: they are removed in no other way.
      execute format('create policy remove on %I for delete to moothall_app using (tenant_id = %s and tenant_id = %s and closed)', tbl, t, a);
    else
      execute format('create policy add on %I for insert to moothall_app with check (%s)', tbl, holder);
    end if;
    execute format('create policy change on %I for update to moothall_app using (%s) with check (%s)', tbl, holder, holder);
    execute format('grant select, insert on %I to moothall_app', tbl);
  when 'bilateral either' then
    execute format('create policy read on %I for select to moothall_app using (%s)', tbl, party);
    execute format('create policy add on %I for insert to moothall_app with check (tenant_id = %s and %s)', tbl, t, party);
    execute format('grant select, insert on %I to moothall_app', tbl);
  when 'bilateral author' then
    execute format('create policy read on %I for select to moothall_app using (%s)', tbl, drafted);
    execute format('create policy add on %I for insert to moothall_app with check (tenant_id = %s and author_id = %s and %s)', tbl, t, a, party);
    execute format('create policy change on %I for update to moothall_app using (tenant_id = %s and author_id = %s and shared_at is null) with check (tenant_id = %s and author_id = %s)', tbl, t, a, t, a);
    execute format('grant select, insert on %I to moothall_app', tbl);
  when 'bilateral provider' then
    execute format('create policy read on %I for select to moothall_app using (%s)', tbl, drafted);
    execute format('create policy add on %I for insert to moothall_app with check (tenant_id = %s and provider_id = %s and author_id = %s)', tbl, t, a, a);
    -- What is in review is seen by both, and may be changed until it is issued.
    execute format('create policy change on %I for update to moothall_app using (tenant_id = %s and provider_id = %s and issued_at is null) with check (tenant_id = %s and provider_id = %s)', tbl, t, a, t, a);
    execute format('create policy remove on %I for delete to moothall_app using (tenant_id = %s and provider_id = %s and issued_at is null)', tbl, t, a);
    execute format('grant select, insert on %I to moothall_app', tbl);
  when 'bilateral party' then
    execute format('create policy read on %I for select to moothall_app using (%s)', tbl, party);
    execute format('create policy add on %I for insert to moothall_app with check (tenant_id = %s and party_id = %s and %s)', tbl, t, a, party);
    execute format('grant select, insert on %I to moothall_app', tbl);
  when 'bilateral system' then
    execute format('create policy read on %I for select to moothall_app using (%s)', tbl, party);
    execute format('create policy fold on %I for all to moothall_system using (true) with check (true)', tbl);
    execute format('grant select on %I to moothall_app', tbl);
    execute format('grant select, insert on %I to moothall_system', tbl);
  when 'audit' then
    execute format('create policy read on %I for select to moothall_app using (tenant_id = %s or actor_id = %s or handler_id = %s)', tbl, a, a, a);
    execute format('create policy add on %I for insert to moothall_app with check (tenant_id = %s and actor_id = %s)', tbl, t, a);
    execute format('grant select, insert on %I to moothall_app', tbl);
  when 'public' then
    execute format('create policy read on %I for select to moothall_app, moothall_router, moothall_system using (true)', tbl);
    execute format('create policy add on %I for insert to moothall_app with check (tenant_id = %s)', tbl, a);
    execute format('create policy change on %I for update to moothall_app using (tenant_id = %s) with check (tenant_id = %s)', tbl, a, a);
    execute format('create policy remove on %I for delete to moothall_app using (tenant_id = %s)', tbl, a);
    execute format('grant select, insert on %I to moothall_app', tbl);
    execute format('grant select on %I to moothall_router, moothall_system', tbl);
  when 'queue' then
    execute format('create policy add on %I for insert to moothall_app with check (tenant_id = %s)', tbl, t);
    execute format('create policy work on %I for all to moothall_system using (true) with check (true)', tbl);
    execute format('grant insert on %I to moothall_app', tbl);
    execute format('grant select, insert, delete on %I to moothall_system', tbl);
  when 'queue of parties' then
    execute format('create policy add on %I for insert to moothall_app with check (tenant_id = %s and %s)', tbl, t, party);
    execute format('create policy work on %I for all to moothall_system using (true) with check (true)', tbl);
    execute format('grant insert on %I to moothall_app', tbl);
    execute format('grant select, insert, delete on %I to moothall_system', tbl);
  else
    raise exception 'no such class: %', class;
  end case;
end $protect$;

-- tenancy ------------------------------------------------------------------------------------------------------
create table authority (
  tenant_id uuid primary key,
  slug text not null unique,
  -- Texts by language.
  name jsonb not null,
  short_name jsonb not null,
  type_name jsonb not null,
  kind text not null check (kind in ('county', 'district', 'borough', 'unitary', 'operator')),
  gss_code text unique,
  prefix text not null unique check (prefix ~ '^[A-Z]{3}$'),
  languages jsonb not null,
  -- Slugs of the councils of the other tier here.
  neighbours jsonb not null default '[]',
  -- Dates on which it does no work besides weekends and bank holidays.
  closure_days jsonb not null default '[]',
  vat_number text,
  contact jsonb not null,
  address jsonb not null,
  brand jsonb not null,
  portal jsonb not null,
  logo_svg text not null,
  hero_svg text,
  demonstration boolean not null,
  changed_at timestamptz not null
);
call pg_temp.protect('authority', 'public');
grant update (name, short_name, type_name, kind, gss_code, prefix, languages, neighbours, closure_days, vat_number, contact, address, brand, portal, logo_svg, hero_svg, changed_at) on authority to moothall_app;

create table authority_host (
  tenant_id uuid not null references authority (tenant_id),
  host text not null unique,
  -- Its place among the council's hosts: the first is the one in links.
  n integer not null,
  primary key (tenant_id, host)
);
call pg_temp.protect('authority_host', 'public');
grant delete on authority_host to moothall_app;

-- What a file brought in, so that `tenant apply` can tell which side has changed since.
create table applied_part (
  tenant_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  part text not null,
  file_hash text not null,
  database_hash text not null,
  applied_at timestamptz not null,
  primary key (tenant_id, part)
);
call pg_temp.protect('applied_part', 'own');
grant update (file_hash, database_hash, applied_at) on applied_part to moothall_app;

-- places -------------------------------------------------------------------------------------------------------
-- A council's gazetteer, as last imported: what a citizen chooses her address from.
create table address (
  tenant_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  uprn bigint not null check (uprn between 1 and 999999999999),
  postcode text not null,
  line1 text not null,
  line2 text not null,
  town text not null,
  -- Its place among the addresses of its postcode.
  n integer not null,
  primary key (tenant_id, uprn)
);
create index address_postcode on address (tenant_id, postcode, n);
call pg_temp.protect('address', 'own');
grant delete on address to moothall_app;

-- Which postcodes are a council's, so that another can say whose a place is.
create table council_postcode (
  tenant_id uuid not null,
  postcode text not null,
  primary key (tenant_id, postcode),
  foreign key (tenant_id) references authority (tenant_id)
);
create index council_postcode_whose on council_postcode (postcode);
call pg_temp.protect('council_postcode', 'public');
grant delete on council_postcode to moothall_app;

-- forms --------------------------------------------------------------------------------------------------------
create table service_version (
  tenant_id uuid not null,
  slug text not null,
  version integer not null check (version > 0),
  definition jsonb not null,
  published_at timestamptz not null,
  published_by text not null,
  retired_at timestamptz,
  in_force_from date not null,
  primary key (tenant_id, slug, version),
  foreign key (tenant_id) references authority (tenant_id)
);
call pg_temp.protect('service_version', 'public');
grant update (retired_at) on service_version to moothall_app;

-- A changed file becomes a draft here until somebody publishes it.
create table service_draft (
  tenant_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  slug text not null,
  definition jsonb not null,
  changed_at timestamptz not null,
  primary key (tenant_id, slug)
);
call pg_temp.protect('service_draft', 'own');
grant update (definition, changed_at), delete on service_draft to moothall_app;

create table draft (
  tenant_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  id uuid not null,
  service text not null,
  version integer not null,
  token_hash bytea not null,
  language text not null,
  answers jsonb not null,
  started_at timestamptz not null,
  expires_at timestamptz not null,
  submitted_at timestamptz,
  case_id uuid,
  reference text,
  at_step text not null default '',
  ended text,
  primary key (tenant_id, id)
);
create index draft_expiry on draft (tenant_id, expires_at);
create index draft_browser on draft (tenant_id, token_hash);
call pg_temp.protect('draft', 'own');
grant update (answers, at_step, ended, language, expires_at, token_hash, submitted_at, case_id, reference), delete on draft to moothall_app;

-- A draft that was put aside. `sealed` holds the code that opens it, whose hash it is found by, and where the link was sent.
create table saved_draft (
  tenant_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  draft_id uuid not null,
  code_hash bytea not null,
  sealed bytea not null,
  -- Whether there is an address that can be warned before the draft ends, and has not been yet.
  to_warn boolean not null default false,
  primary key (tenant_id, draft_id),
  unique (tenant_id, code_hash),
  foreign key (tenant_id, draft_id) references draft (tenant_id, id) on delete cascade
);
call pg_temp.protect('saved_draft', 'own');
grant update (code_hash, sealed, to_warn) on saved_draft to moothall_app;

-- A file that was added to a draft. `blob` is where its bytes are, outside the database; none once they were thrown away.
create table draft_upload (
  tenant_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  id uuid not null,
  draft_id uuid not null,
  n integer not null,
  field text not null,
  blob uuid,
  name text not null,
  kind text not null,
  size bigint not null,
  sha256 text not null,
  state text not null check (state in ('waiting', 'clean', 'unscanned', 'infected', 'unreadable')),
  added_at timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, blob),
  unique (tenant_id, draft_id, n),
  check ((blob is null) = (state in ('infected', 'unreadable'))),
  foreign key (tenant_id, draft_id) references draft (tenant_id, id) on delete cascade
);
call pg_temp.protect('draft_upload', 'own');
grant update (blob, size, sha256, state), delete on draft_upload to moothall_app;

-- How forms ended, by the week in which they were begun (its Monday in London): numbers, and nobody's. `key` is the page
-- last left, the end come to, or the whole minutes it took.
create table journey_count (
  tenant_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  week date not null,
  service text not null,
  what text not null check (what in ('completed', 'left', 'ended', 'minutes')),
  key text not null,
  n bigint not null check (n > 0),
  primary key (tenant_id, week, service, what, key)
);
call pg_temp.protect('journey_count', 'own');
grant update (n), delete on journey_count to moothall_app;

-- Words that found nothing in five browsers on five days, and how often they did so again.
create table missed_search (
  tenant_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  words text not null check (length(words) between 1 and 60),
  times bigint not null check (times > 0),
  last_on date not null,
  primary key (tenant_id, words)
);
call pg_temp.protect('missed_search', 'own');
grant update (times, last_on), delete on missed_search to moothall_app;

-- The order of a council's tasks on its front page. `ordered_in` is the week that this was last worked out in.
create table task_place (
  tenant_id uuid not null,
  service text not null,
  place integer not null check (place > 0),
  pinned boolean not null default false,
  hidden boolean not null default false,
  ordered_in date,
  primary key (tenant_id, service),
  foreign key (tenant_id) references authority (tenant_id)
);
call pg_temp.protect('task_place', 'public');
grant update (place, pinned, hidden, ordered_in), delete on task_place to moothall_app;

-- Which task went past which, and the need for each that decided it: for the council alone.
create table task_move (
  tenant_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  week date not null,
  service text not null,
  place integer not null,
  recent bigint not null,
  season bigint not null,
  passed text not null,
  passed_recent bigint not null,
  passed_season bigint not null,
  primary key (tenant_id, week, service)
);
call pg_temp.protect('task_move', 'own');
grant delete on task_move to moothall_app;

-- cases --------------------------------------------------------------------------------------------------------
create table cases (
  tenant_id uuid not null default nullif(current_setting('app.tenant', true), '')::uuid,
  id uuid not null,
  handler_id uuid not null,
  agreement_id uuid,
  reference text not null,
  service text not null,
  version integer not null,
  kind text not null check (kind in ('report', 'pay', 'request')),
  title text not null,
  state text not null check (state in ('new', 'in_progress', 'returned', 'resolved', 'withdrawn')),
  closed boolean not null,
  routed_because text not null,
  team text not null,
  contact_name text,
  contact_email text,
  contact_phone text,
  -- A keyed hash of the e-mail address: by it a citizen who has proved the address finds what is hers.
  email_key text,
  -- Never in a citizen's account.
  sensitive boolean not null default false,
  language text not null,
  -- Of the private link; after a change of the secret, of the links mailed under each, one after the other.
  track_hash bytea not null,
  opened_at timestamptz not null,
  due_on date not null,
  taken_by uuid,
  taken_by_name text,
  outcome text,
  closed_at timestamptz,
  done_by uuid,
  -- The citizen has written, and nobody has read or answered it.
  unread boolean not null default false,
  -- When she last asked why it is late; until somebody answers, the case comes first in its queue (0, else 1).
  chased_on date,
  rank smallint not null default 1 check (rank in (0, 1)),
  -- What she said once it was resolved.
  sorted boolean,
  -- The handler, where it is another authority: nobody can be handed a case but by an agreement with its owner.
  partner_id uuid generated always as (nullif(handler_id, tenant_id)) stored,
  primary key (tenant_id, id),
  unique (tenant_id, reference),
  -- For the children, which have the handler that their case has.
  unique (tenant_id, id, handler_id),
  check (closed = (state in ('resolved', 'withdrawn'))),
  check (rank = 1 or not closed),
  check (handler_id = tenant_id or agreement_id is not null),
  foreign key (tenant_id) references authority (tenant_id)
);
create index cases_queue on cases (handler_id, closed, rank, due_on, id);
create index cases_mine on cases (handler_id, taken_by, rank, due_on, id) where taken_by is not null and not closed;
create index cases_unread on cases (handler_id, rank, due_on, id) where unread and not closed;
create index cases_owned on cases (tenant_id, closed, rank, due_on, id);
create index cases_rated on cases (handler_id, sorted) where sorted is not null;
create index cases_citizen on cases (tenant_id, email_key, id) where not sensitive;
create index cases_partner_ends on cases (tenant_id, closed_at) where handler_id <> tenant_id;
call pg_temp.protect('cases', 'case root');
grant update (handler_id, agreement_id, state, closed, routed_because, team, due_on, taken_by, taken_by_name, outcome, closed_at, done_by, unread, chased_on, rank, sorted, email_key, track_hash), delete on cases to moothall_app;

-- A child's foreign key names the handler too, so that only who handles a case, or owns it, adds to it. It waits for the
-- commit: case and children change hands together.
create table answer_sheet (
  tenant_id uuid not null default nullif(current_setting('app.tenant', true), '')::uuid,
  case_id uuid not null,
  handler_id uuid not null,
  sheet jsonb not null,
  -- What is sealed of each row of the sheet, in order: the sheet never changes, its seals do when the secret does.
  sealed jsonb not null default '[]',
  primary key (tenant_id, case_id),
  foreign key (tenant_id, case_id, handler_id) references cases (tenant_id, id, handler_id) on delete cascade deferrable initially deferred
);
call pg_temp.protect('answer_sheet', 'case');
grant update (handler_id, sealed) on answer_sheet to moothall_app;

-- The timeline. `seen_by`: citizen = the citizen, owner and handler; staff = owner and handler.
create table case_event (
  tenant_id uuid not null default nullif(current_setting('app.tenant', true), '')::uuid,
  id uuid not null,
  case_id uuid not null,
  handler_id uuid not null,
  kind text not null,
  seen_by text not null check (seen_by in ('citizen', 'staff')),
  actor_id uuid not null,
  actor_name text not null,
  by_name text,
  body text not null,
  at timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, case_id, handler_id) references cases (tenant_id, id, handler_id) on delete cascade deferrable initially deferred
);
create index case_event_timeline on case_event (tenant_id, case_id, at, id);
call pg_temp.protect('case_event', 'case');
grant update (handler_id) on case_event to moothall_app;

-- A file that came with the form. Its id is that of the upload that it was; its bytes may still be looked at.
create table case_file (
  tenant_id uuid not null default nullif(current_setting('app.tenant', true), '')::uuid,
  id uuid not null,
  case_id uuid not null,
  handler_id uuid not null,
  n integer not null,
  field text not null,
  blob uuid,
  name text not null,
  kind text not null,
  size bigint not null,
  sha256 text not null,
  state text not null check (state in ('waiting', 'clean', 'unscanned', 'infected', 'unreadable')),
  added_at timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, blob),
  check ((blob is null) = (state in ('infected', 'unreadable'))),
  foreign key (tenant_id, case_id, handler_id) references cases (tenant_id, id, handler_id) on delete cascade deferrable initially deferred
);
create index case_file_of on case_file (tenant_id, case_id, n);
call pg_temp.protect('case_file', 'case');
grant update (handler_id, blob, size, sha256, state) on case_file to moothall_app;

-- Minutes that staff booked to a case, for a day. What is taken back is a row below nothing. Under which agreement it was
-- counted stands there if one was; kinds of work and reasons are words of short lists.
create table case_time (
  tenant_id uuid not null default nullif(current_setting('app.tenant', true), '')::uuid,
  id uuid not null,
  case_id uuid not null,
  handler_id uuid not null,
  -- Whose staff.
  actor_id uuid not null,
  minutes integer not null check (minutes between -1440 and 1440),
  worked_on date not null,
  work text not null check (work in ('desk', 'talk', 'visit', 'travel', 'records')),
  by_name text not null,
  agreement_id uuid,
  takes_back uuid,
  reason text check (reason in ('mistyped', 'other-case', 'twice', 'not-charged')),
  at timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, takes_back),
  check ((takes_back is null) = (minutes > 0)),
  check ((takes_back is null) = (reason is null)),
  foreign key (tenant_id, takes_back) references case_time (tenant_id, id) deferrable initially deferred,
  foreign key (tenant_id, case_id, handler_id) references cases (tenant_id, id, handler_id) on delete cascade deferrable initially deferred
);
create index case_time_of on case_time (tenant_id, case_id, worked_on desc);
call pg_temp.protect('case_time', 'case');
grant update (handler_id) on case_time to moothall_app;

-- A note only the writer's own council reads. The case may be another authority's, so no foreign key.
create table own_note (
  tenant_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  id uuid not null,
  case_id uuid not null,
  by_name text not null,
  body text not null,
  at timestamptz not null,
  primary key (tenant_id, id)
);
create index own_note_case on own_note (tenant_id, case_id, at, id);
call pg_temp.protect('own_note', 'own');
grant delete on own_note to moothall_app;

-- What is left of a case that was erased: which it was, when it was closed, when it went and under which rule. Both who could
-- have seen it learn so; nothing of its citizen's is here.
create table erased_case (
  tenant_id uuid not null,
  case_id uuid not null,
  -- Who was to work it; its owner where nobody else was.
  provider_id uuid not null,
  party_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  reference text not null,
  sensitive boolean not null,
  -- The rule: so many months after closing, as this version of its service says.
  service text not null,
  version integer not null,
  retention_months integer not null check (retention_months > 0),
  closed_on date not null,
  erased_on date not null check (erased_on > closed_on),
  primary key (tenant_id, case_id),
  unique (tenant_id, reference),
  check (party_id = tenant_id),
  foreign key (tenant_id) references authority (tenant_id)
);
call pg_temp.protect('erased_case', 'bilateral party');

-- audit --------------------------------------------------------------------------------------------------------
create table audit_entry (
  tenant_id uuid not null default nullif(current_setting('app.tenant', true), '')::uuid,
  id uuid not null,
  actor_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  handler_id uuid,
  actor_name text not null,
  staff_id uuid,
  by_name text not null,
  action text not null,
  subject_kind text not null,
  subject_id uuid not null,
  subject_label text not null,
  purpose text not null,
  at timestamptz not null,
  primary key (tenant_id, id)
);
create index audit_subject on audit_entry (tenant_id, subject_id, at desc, id desc);
call pg_temp.protect('audit_entry', 'audit');

-- identity -----------------------------------------------------------------------------------------------------
create table staff (
  tenant_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  id uuid not null,
  email text not null check (email = lower(email)),
  name text not null,
  password_hash text,
  totp_sealed bytea,
  totp_last_step bigint not null default 0,
  roles jsonb not null,
  sign_limit_pence bigint not null default 0,
  active boolean not null default true,
  created_at timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, email)
);
call pg_temp.protect('staff', 'own');
grant update (name, password_hash, totp_sealed, totp_last_step, roles, sign_limit_pence, active) on staff to moothall_app;

-- Somebody of this council who must not see a case of a sensitive service, because of who they are to her. The case may be
-- another authority's, so no foreign key.
create table case_conflict (
  tenant_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  case_id uuid not null,
  staff_id uuid not null,
  reason text not null,
  by_name text not null,
  at timestamptz not null,
  primary key (tenant_id, staff_id, case_id),
  foreign key (tenant_id, staff_id) references staff (tenant_id, id)
);
call pg_temp.protect('case_conflict', 'own');
grant delete on case_conflict to moothall_app;

create table staff_session (
  tenant_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  id uuid not null,
  staff_id uuid not null,
  started_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, staff_id) references staff (tenant_id, id)
);
create index staff_session_staff on staff_session (tenant_id, staff_id);
call pg_temp.protect('staff_session', 'own');
grant update (revoked_at) on staff_session to moothall_app;

create table staff_invite (
  tenant_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  id uuid not null,
  staff_id uuid not null,
  token_hash bytea not null,
  totp_sealed bytea not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, staff_id) references staff (tenant_id, id)
);
call pg_temp.protect('staff_invite', 'own');
grant update (used_at, totp_sealed) on staff_invite to moothall_app;

-- A citizen's one-time link: fifteen minutes, one use, this council.
create table citizen_login (
  tenant_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  id uuid not null,
  token_hash bytea not null,
  email_sealed bytea not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, token_hash)
);
call pg_temp.protect('citizen_login', 'own');
grant update (used_at, email_sealed), delete on citizen_login to moothall_app;

-- A citizen's session: what she is offered as answers is sealed in it, and goes with it.
create table citizen_session (
  tenant_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  id uuid not null,
  token_hash bytea not null,
  details_sealed bytea not null,
  started_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, token_hash)
);
call pg_temp.protect('citizen_session', 'own');
grant update (revoked_at, details_sealed), delete on citizen_session to moothall_app;

-- agreements ---------------------------------------------------------------------------------------------------
create table agreement (
  tenant_id uuid not null,
  id uuid not null,
  provider_id uuid not null,
  author_id uuid not null,
  shared_at timestamptz,
  reference text not null,
  variation integer not null check (variation > 0),
  kind text not null check (kind in ('supply', 'cost_share', 'on_behalf')),
  title text not null,
  legal_basis text not null,
  payment_terms_days integer not null,
  purchase_order text,
  -- How it is run: days to read a bill's drafts, order numbers, the review, notice, contacts.
  running jsonb not null,
  -- What is promised of its services, and what is given back of their charges where that is not kept.
  service_levels jsonb not null default '[]',
  term_from date not null,
  term_until date not null check (term_until > term_from),
  data_protection jsonb not null,
  content_hash text not null,
  created_at timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, id, provider_id),
  unique (tenant_id, id, provider_id, author_id),
  unique (tenant_id, provider_id, reference, variation),
  check (provider_id <> tenant_id),
  foreign key (tenant_id) references authority (tenant_id),
  foreign key (provider_id) references authority (tenant_id)
);
create index agreement_provider on agreement (provider_id, tenant_id);
alter table cases add foreign key (tenant_id, agreement_id, partner_id) references agreement (tenant_id, id, provider_id);
call pg_temp.protect('agreement', 'bilateral author');

create table agreement_service (
  tenant_id uuid not null,
  agreement_id uuid not null,
  provider_id uuid not null,
  service text not null,
  meter text not null,
  -- Of closings, only those with one of these outcomes; none of them for all.
  outcomes jsonb not null default '[]',
  reversed_when jsonb not null,
  author_id uuid not null,
  shared_at timestamptz,
  primary key (tenant_id, agreement_id, service, meter),
  -- What is provided is said by whoever put the agreement forward: the other party signs it, and adds nothing.
  foreign key (tenant_id, agreement_id, provider_id, author_id) references agreement (tenant_id, id, provider_id, author_id)
);
create index agreement_service_lookup on agreement_service (tenant_id, service);
call pg_temp.protect('agreement_service', 'bilateral author');

create table signature (
  tenant_id uuid not null,
  id uuid not null,
  agreement_id uuid not null,
  provider_id uuid not null,
  party_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  kind text not null check (kind in ('paper', 'electronic')),
  name text not null,
  office text not null,
  signed_on date not null,
  document text,
  content_hash text not null,
  recorded_at timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, agreement_id, party_id, content_hash),
  foreign key (tenant_id, agreement_id, provider_id) references agreement (tenant_id, id, provider_id)
);
call pg_temp.protect('signature', 'bilateral party');

-- Of what each party was told about the dates of an agreement. The agreement may be another tenant's.
create table agreement_notice (
  tenant_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  agreement_id uuid not null,
  kind text not null check (kind in ('review', 'ending', 'last-days')),
  at timestamptz not null,
  primary key (tenant_id, agreement_id, kind)
);
call pg_temp.protect('agreement_notice', 'own');

-- What a provider is writing and has not offered: what was typed, right or wrong, so that nobody else has a row of it.
create table variation_draft (
  tenant_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  consumer_id uuid not null,
  reference text not null,
  content jsonb not null,
  changed_at timestamptz not null,
  changed_by text not null,
  primary key (tenant_id, consumer_id, reference)
);
call pg_temp.protect('variation_draft', 'own');
grant update (content, changed_at, changed_by), delete on variation_draft to moothall_app;

-- metering -----------------------------------------------------------------------------------------------------
create table usage_event (
  tenant_id uuid not null default nullif(current_setting('app.tenant', true), '')::uuid,
  id uuid not null,
  provider_id uuid not null,
  agreement_id uuid not null,
  service text not null,
  meter text not null,
  source_id uuid not null,
  subject_id uuid not null,
  reference text not null,
  quantity bigint not null,
  -- What passed, in pence, where a price is a share of it; else nothing.
  value_pence bigint not null default 0,
  reversed_when jsonb not null,
  occurred_at timestamptz not null,
  billing_date date not null,
  recorded_at timestamptz not null,
  reversal_of uuid,
  reason text,
  -- Of a sensitive service: its id is random, its reference is no case's, and of when it happened only the month is shown.
  is_private boolean not null default false,
  primary key (tenant_id, id),
  unique (tenant_id, reversal_of),
  check ((reversal_of is null) = (quantity > 0)),
  check (value_pence = 0 or (value_pence > 0) = (quantity > 0)),
  foreign key (tenant_id, agreement_id, provider_id) references agreement (tenant_id, id, provider_id),
  foreign key (tenant_id, reversal_of) references usage_event (tenant_id, id)
);
-- An act is metered once; what it reverses is unique by the event reversed.
create unique index usage_event_once on usage_event (tenant_id, source_id, meter) where reversal_of is null;
create index usage_event_detail on usage_event (tenant_id, agreement_id, service, meter, billing_date, id);
create index usage_event_subject on usage_event (tenant_id, subject_id);
call pg_temp.protect('usage_event', 'bilateral either');

-- Written with each event, consumed by the folder: commit order never matters (billing.md, "Rollup trap").
create table usage_pending (
  tenant_id uuid not null default nullif(current_setting('app.tenant', true), '')::uuid,
  event_id uuid not null,
  provider_id uuid not null,
  agreement_id uuid not null,
  service text not null,
  meter text not null,
  quantity bigint not null,
  value_pence bigint not null default 0,
  billing_date date not null,
  primary key (tenant_id, event_id),
  foreign key (tenant_id, event_id) references usage_event (tenant_id, id)
);
call pg_temp.protect('usage_pending', 'queue of parties');

-- The newest batch, and the last that a bill has closed: a batch is added to until then, and never again.
create table usage_cursor (
  tenant_id uuid not null,
  agreement_id uuid not null,
  provider_id uuid not null,
  last_batch bigint not null,
  closed_batch bigint not null default 0,
  primary key (tenant_id, agreement_id),
  check (last_batch between closed_batch and closed_batch + 1)
);
call pg_temp.protect('usage_cursor', 'bilateral system');
grant update (last_batch, closed_batch) on usage_cursor to moothall_system;

create table usage_fold (
  tenant_id uuid not null,
  event_id uuid not null,
  agreement_id uuid not null,
  provider_id uuid not null,
  batch bigint not null,
  primary key (tenant_id, event_id)
);
create index usage_fold_batch on usage_fold (tenant_id, agreement_id, batch);
call pg_temp.protect('usage_fold', 'bilateral system');

-- What a batch holds of a day: all that a bill needs to know of its events.
create table usage_day (
  tenant_id uuid not null,
  agreement_id uuid not null,
  provider_id uuid not null,
  billing_date date not null,
  service text not null,
  meter text not null,
  batch bigint not null,
  quantity bigint not null,
  value_pence bigint not null default 0,
  events bigint not null,
  digest bytea not null check (length(digest) = 256),
  primary key (tenant_id, agreement_id, billing_date, service, meter, batch)
);
create index usage_day_batch on usage_day (tenant_id, agreement_id, batch);
call pg_temp.protect('usage_day', 'bilateral system');
grant update (quantity, value_pence, events, digest) on usage_day to moothall_system;

-- And of what passed in each, where a price may have limits for each: how many there were of one value, less those taken back.
create table usage_item (
  tenant_id uuid not null,
  agreement_id uuid not null,
  provider_id uuid not null,
  billing_date date not null,
  service text not null,
  meter text not null,
  batch bigint not null,
  value_pence bigint not null check (value_pence > 0),
  items bigint not null,
  primary key (tenant_id, agreement_id, billing_date, service, meter, batch, value_pence)
);
call pg_temp.protect('usage_item', 'bilateral system');
grant update (items) on usage_item to moothall_system;

-- billing ------------------------------------------------------------------------------------------------------
create table tariff_version (
  tenant_id uuid not null,
  id uuid not null,
  provider_id uuid not null,
  agreement_id uuid not null,
  author_id uuid not null,
  shared_at timestamptz,
  version integer not null,
  effective_from date not null,
  effective_until date not null check (effective_until > effective_from),
  prices jsonb not null,
  content_hash text not null,
  created_at timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, agreement_id, version),
  exclude using gist (tenant_id with =, agreement_id with =, daterange(effective_from, effective_until) with &&),
  -- Prices come from whoever put the agreement forward.
  foreign key (tenant_id, agreement_id, provider_id, author_id) references agreement (tenant_id, id, provider_id, author_id)
);
call pg_temp.protect('tariff_version', 'bilateral author');

-- What members of a cost share spent in a financial year, which begins in April of this one: the same for each of them.
create table outturn (
  tenant_id uuid not null,
  id uuid not null,
  provider_id uuid not null,
  party_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  agreement_id uuid not null,
  year integer not null,
  seq integer not null check (seq > 0),
  costs jsonb not null,
  used jsonb not null,
  total_pence bigint not null check (total_pence >= 0),
  -- Why it was entered again.
  because text not null check ((because = '') = (seq = 1)),
  by_name text not null,
  at timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, agreement_id, year, seq),
  -- The lead's word.
  check (party_id = provider_id),
  foreign key (tenant_id, agreement_id, provider_id) references agreement (tenant_id, id, provider_id)
);
call pg_temp.protect('outturn', 'bilateral party');

create table bill_run (
  tenant_id uuid not null,
  id uuid not null,
  provider_id uuid not null,
  author_id uuid not null,
  shared_at timestamptz,
  agreement_id uuid not null,
  period_start date not null,
  kind text not null check (kind in ('main')),
  seq integer not null,
  issued_seq integer,
  cut_batch bigint not null,
  prepared_by uuid,
  prepared_name text not null,
  prepared_at timestamptz not null,
  -- Until when its consumer may read the drafts and object, the day itself included: only then are they issued.
  review_until date,
  issued_at timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, id, agreement_id),
  unique (tenant_id, id, provider_id),
  unique (tenant_id, agreement_id, period_start, kind, seq),
  unique (tenant_id, agreement_id, issued_seq),
  check ((issued_at is null) = (issued_seq is null)),
  check (issued_at is null or shared_at is not null),
  check ((shared_at is null) = (review_until is null)),
  foreign key (tenant_id, agreement_id, provider_id) references agreement (tenant_id, id, provider_id)
);
call pg_temp.protect('bill_run', 'bilateral provider');
grant update (shared_at, issued_at, review_until, issued_seq, cut_batch, prepared_by, prepared_name, prepared_at) on bill_run to moothall_app;

-- What a run of a whole month could not prepare, and why (the key of a message): until it is prepared.
create table parked_run (
  tenant_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  agreement_id uuid not null,
  period_start date not null,
  reason text not null,
  by_name text not null,
  at timestamptz not null,
  primary key (tenant_id, agreement_id, period_start)
);
call pg_temp.protect('parked_run', 'own');
grant update (reason, by_name, at), delete on parked_run to moothall_app;

-- What the two say of drafts in review. It holds for the drafts as they were prepared at that moment.
create table review_entry (
  tenant_id uuid not null,
  id uuid not null,
  run_id uuid not null,
  provider_id uuid not null,
  party_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  kind text not null check (kind in ('message', 'agree')),
  body text not null,
  prepared_at timestamptz not null,
  by_name text not null,
  at timestamptz not null,
  primary key (tenant_id, id),
  -- Whoever is billed agrees.
  check (kind = 'message' or party_id = tenant_id),
  foreign key (tenant_id, run_id, provider_id) references bill_run (tenant_id, id, provider_id)
);
create index review_entry_of on review_entry (tenant_id, run_id, id);
call pg_temp.protect('review_entry', 'bilateral party');

create table document (
  tenant_id uuid not null,
  id uuid not null,
  provider_id uuid not null,
  author_id uuid not null,
  shared_at timestamptz,
  agreement_id uuid not null,
  -- A month's bill comes of a run; a credit note corrects a bill.
  kind text not null check (kind in ('bill', 'credit')),
  run_id uuid,
  corrects_id uuid,
  series text not null check (series in ('invoice', 'demand')),
  financial_year integer not null,
  number integer,
  number_text text,
  period_start date not null,
  period_until date not null,
  net_pence bigint not null,
  vat_pence bigint not null,
  gross_pence bigint not null,
  prepared_name text not null,
  approved_by uuid,
  approved_name text,
  issued_at timestamptz,
  due_on date,
  snapshot jsonb not null,
  sha256 text,
  primary key (tenant_id, id),
  unique (tenant_id, id, provider_id),
  unique (tenant_id, run_id, series),
  check ((issued_at is null) = (number is null)),
  check (issued_at is null or shared_at is not null),
  check (gross_pence = net_pence + vat_pence),
  check (series = 'invoice' or vat_pence = 0),
  check ((kind = 'bill') = (run_id is not null) and (kind = 'credit') = (corrects_id is not null)),
  foreign key (tenant_id, run_id, agreement_id) references bill_run (tenant_id, id, agreement_id),
  foreign key (tenant_id, corrects_id, provider_id) references document (tenant_id, id, provider_id),
  foreign key (tenant_id, agreement_id, provider_id) references agreement (tenant_id, id, provider_id)
);
create index document_corrects on document (tenant_id, corrects_id);
create index document_list on document (tenant_id, period_start desc, id);
create index document_provider on document (provider_id, period_start desc, id);
call pg_temp.protect('document', 'bilateral provider');
grant update (shared_at, number, number_text, financial_year, approved_by, approved_name, issued_at, due_on, snapshot, sha256), delete on document to moothall_app;

create table document_line (
  tenant_id uuid not null,
  id uuid not null,
  document_id uuid not null,
  provider_id uuid not null,
  author_id uuid not null,
  shared_at timestamptz,
  n integer not null,
  -- Which part of which price of its tariff: with the VAT treatment, what two lines have in common that charge for the same.
  price smallint not null,
  part text not null,
  service text,
  meter text,
  description text not null,
  quantity bigint not null,
  unit_rate bigint not null,
  net_pence bigint not null,
  vat_category text not null,
  vat_basis_points integer not null,
  vat_reason text not null,
  vat_approver text not null,
  tariff_version_id uuid not null,
  tariff_version integer not null,
  period_from date not null,
  period_until date not null,
  event_count bigint not null,
  event_digest text not null,
  issued_at timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, document_id, n),
  foreign key (tenant_id, document_id, provider_id) references document (tenant_id, id, provider_id) on delete cascade
);
call pg_temp.protect('document_line', 'bilateral provider');
grant update (shared_at, issued_at), delete on document_line to moothall_app;

-- What the consumer doubts of an issued line. Where it stands is what its entries say.
create table line_dispute (
  tenant_id uuid not null,
  id uuid not null,
  provider_id uuid not null,
  party_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  document_id uuid not null,
  line integer not null,
  -- Without VAT.
  amount_pence bigint not null check (amount_pence > 0),
  reason text not null,
  -- Ids of the events that are doubted; none for the line as a whole.
  doubted jsonb not null,
  -- Of a sensitive service: two officers who may know settle it.
  is_private boolean not null default false,
  by_name text not null,
  at timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, id, provider_id, is_private),
  -- Whoever is billed doubts the bill.
  check (party_id = tenant_id),
  foreign key (tenant_id, document_id, provider_id) references document (tenant_id, id, provider_id)
);
create index line_dispute_document on line_dispute (tenant_id, document_id);
create index line_dispute_provider on line_dispute (provider_id, tenant_id);
call pg_temp.protect('line_dispute', 'bilateral party');

create table dispute_entry (
  tenant_id uuid not null,
  id uuid not null,
  dispute_id uuid not null,
  provider_id uuid not null,
  is_private boolean not null default false,
  party_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  kind text not null check (kind in ('message', 'escalate', 'withdraw', 'reject', 'accept', 'propose-reject', 'propose-accept', 'send-back')),
  body text not null,
  -- Of an acceptance: how much, without VAT, and the credit note.
  amount_pence bigint check (amount_pence > 0),
  credit_id uuid,
  -- Of what is sent back: the entry that proposed it.
  proposal_id uuid,
  -- Of an escalation: the variation whose contacts are told.
  agreement_id uuid,
  by_id uuid,
  by_name text not null,
  -- Of a decision that a first officer proposed and this one confirms: who that was.
  proposed_by uuid,
  proposed_name text,
  at timestamptz not null,
  primary key (tenant_id, id),
  -- Each party decides what is its own to decide.
  check (party_id = case when kind in ('message', 'escalate') then party_id when kind = 'withdraw' then tenant_id else provider_id end),
  check ((kind in ('accept', 'propose-accept')) = (amount_pence is not null) and (kind = 'accept') = (credit_id is not null)),
  check ((kind = 'escalate') = (agreement_id is not null) and (kind = 'send-back') = (proposal_id is not null)),
  -- What is private is settled by two, who are not the same; nothing else is.
  check ((is_private and kind in ('accept', 'reject')) = (proposed_by is not null) and (proposed_by is null) = (proposed_name is null)),
  check (is_private or kind not in ('propose-reject', 'propose-accept', 'send-back')),
  check (proposed_by is null or by_id is not null and proposed_by <> by_id),
  foreign key (tenant_id, dispute_id, provider_id, is_private) references line_dispute (tenant_id, id, provider_id, is_private),
  foreign key (tenant_id, credit_id, provider_id) references document (tenant_id, id, provider_id),
  foreign key (tenant_id, proposal_id) references dispute_entry (tenant_id, id),
  foreign key (tenant_id, agreement_id, provider_id) references agreement (tenant_id, id, provider_id)
);
-- It is decided once, and escalated once.
create unique index dispute_decided on dispute_entry (tenant_id, dispute_id) where kind in ('withdraw', 'reject', 'accept');
create unique index dispute_escalated on dispute_entry (tenant_id, dispute_id) where kind = 'escalate';
create index dispute_entry_of on dispute_entry (tenant_id, dispute_id, id);
call pg_temp.protect('dispute_entry', 'bilateral party');

-- Money that a consumer pays its provider: advised by the one, or entered by the other, who received it. Where it stands is
-- what its entries say. A setting off has no amount, and what a provider pays back is below nothing.
create table remittance (
  tenant_id uuid not null,
  id uuid not null,
  provider_id uuid not null,
  party_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  amount_pence bigint not null,
  paid_on date not null,
  reference text not null,
  by_name text not null,
  at timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, id, provider_id),
  check (amount_pence >= 0 or party_id = provider_id),
  foreign key (tenant_id) references authority (tenant_id),
  foreign key (provider_id) references authority (tenant_id)
);
create index remittance_list on remittance (tenant_id, paid_on desc, id);
create index remittance_provider on remittance (provider_id, paid_on desc, id);
call pg_temp.protect('remittance', 'bilateral party');

create table remittance_entry (
  tenant_id uuid not null,
  id uuid not null,
  remittance_id uuid not null,
  provider_id uuid not null,
  party_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  kind text not null check (kind in ('receive', 'refuse', 'reverse', 'withdraw')),
  reason text not null,
  by_name text not null,
  at timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, remittance_id, kind),
  -- Whoever is paid says that the money came, did not come, or went back; whoever pays takes an advice back.
  check (party_id = case kind when 'withdraw' then tenant_id else provider_id end),
  foreign key (tenant_id, remittance_id, provider_id) references remittance (tenant_id, id, provider_id)
);
create unique index remittance_decided on remittance_entry (tenant_id, remittance_id) where kind in ('receive', 'refuse', 'withdraw');
call pg_temp.protect('remittance_entry', 'bilateral party');

-- Which documents a remittance pays, with the sign of what is owed on them.
create table allocation (
  tenant_id uuid not null,
  id uuid not null,
  remittance_id uuid not null,
  document_id uuid not null,
  provider_id uuid not null,
  party_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  amount_pence bigint not null check (amount_pence <> 0),
  by_name text not null,
  at timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, remittance_id, provider_id) references remittance (tenant_id, id, provider_id),
  foreign key (tenant_id, document_id, provider_id) references document (tenant_id, id, provider_id)
);
create index allocation_document on allocation (tenant_id, document_id);
create index allocation_remittance on allocation (tenant_id, remittance_id);
call pg_temp.protect('allocation', 'bilateral party');

-- Where an authority is paid. One person enters it, another confirms it, and the newest that is confirmed counts.
create table bank_account (
  tenant_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  id uuid not null,
  account_name text not null,
  sort_code text not null,
  account_number text not null,
  entered_by uuid,
  entered_name text not null,
  entered_at timestamptz not null,
  confirmed_by uuid,
  confirmed_name text,
  confirmed_at timestamptz,
  primary key (tenant_id, id),
  check ((confirmed_at is null) = (confirmed_name is null)),
  check (confirmed_by is null or confirmed_by <> entered_by)
);
create index bank_account_newest on bank_account (tenant_id, confirmed_at desc);
call pg_temp.protect('bank_account', 'own');
grant update (confirmed_by, confirmed_name, confirmed_at) on bank_account to moothall_app;

-- Usage that was metered elsewhere, as one of the two sent it. What an agreement counts is an event of usage whose source is
-- the row; what none does waits here, where both see it.
create table usage_intake (
  tenant_id uuid not null,
  id uuid not null,
  provider_id uuid not null,
  party_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  source text not null,
  source_ref text not null,
  payload jsonb not null,
  -- Under which agreement it was counted when it came; none for what had to wait.
  agreement_id uuid,
  received_at timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, party_id, source, source_ref),
  foreign key (tenant_id) references authority (tenant_id),
  foreign key (provider_id) references authority (tenant_id),
  foreign key (tenant_id, agreement_id, provider_id) references agreement (tenant_id, id, provider_id)
);
create index usage_intake_waiting on usage_intake (tenant_id, received_at) where agreement_id is null;
call pg_temp.protect('usage_intake', 'bilateral party');

-- How a system of an authority's shows that it is that authority's: by a key, of which only the hash is kept.
create table api_key (
  tenant_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  id uuid not null,
  name text not null,
  hash text not null,
  made_by text not null,
  made_at timestamptz not null,
  revoked_by text,
  revoked_at timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, hash),
  check ((revoked_at is null) = (revoked_by is null))
);
call pg_temp.protect('api_key', 'own');
grant update (revoked_by, revoked_at) on api_key to moothall_app;

-- What a council expects to spend or to earn in a financial year, by agreement (with all its variations) and service; an
-- empty service is what is of none: fees, minimums and caps. A partner never sees it.
create table budget (
  tenant_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  financial_year integer not null check (financial_year between 2000 and 2199),
  partner_id uuid not null,
  is_income boolean not null,
  reference text not null,
  service text not null,
  amount_pence bigint not null check (amount_pence between 0 and 1000000000000),
  by_name text not null,
  at timestamptz not null,
  primary key (tenant_id, financial_year, partner_id, is_income, reference, service)
);
call pg_temp.protect('budget', 'own');
grant update (amount_pence, by_name, at) on budget to moothall_app;
grant delete on budget to moothall_app;

-- At how many per cent of a budget a council wants to be told, and whether when the forecast passes it; without a row at 80
-- and 100, and then.
create table budget_threshold (
  tenant_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  percents jsonb not null,
  on_forecast boolean not null,
  primary key (tenant_id)
);
call pg_temp.protect('budget_threshold', 'own');
grant update (percents, on_forecast) on budget_threshold to moothall_app;

-- A threshold that was passed, once for each amount of a budget; 0 is the forecast.
create table budget_alert (
  tenant_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  financial_year integer not null,
  partner_id uuid not null,
  is_income boolean not null,
  reference text not null,
  service text not null,
  amount_pence bigint not null,
  threshold smallint not null check (threshold between 0 and 1000),
  reached_pence bigint not null,
  at timestamptz not null,
  seen_by_name text,
  seen_at timestamptz,
  primary key (tenant_id, financial_year, partner_id, is_income, reference, service, amount_pence, threshold),
  check ((seen_by_name is null) = (seen_at is null))
);
call pg_temp.protect('budget_alert', 'own');
grant update (seen_by_name, seen_at) on budget_alert to moothall_app;

-- What a council's ledger calls each of our accounts.
create table account_code (
  tenant_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  account text not null,
  code text not null,
  primary key (tenant_id, account)
);
call pg_temp.protect('account_code', 'own');
grant update (code) on account_code to moothall_app;

-- The steps of the months of an authority's book: closed softly (accruals made), opened again for a reason, closed for good.
-- The last one counts.
create table book_period (
  tenant_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  period_start date not null,
  n integer not null check (n > 0),
  state text not null check (state in ('soft', 'open', 'closed')),
  reason text,
  by_name text not null,
  at timestamptz not null,
  primary key (tenant_id, period_start, n),
  check ((state = 'open') = (reason is not null))
);
-- What is closed for good stays closed: nothing comes after.
create unique index book_period_closed on book_period (tenant_id, period_start) where state = 'closed';
call pg_temp.protect('book_period', 'own');

-- ledger -------------------------------------------------------------------------------------------------------
create table journal_entry (
  tenant_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  id uuid not null,
  source_id uuid not null,
  purpose text not null,
  description text not null,
  counterparty_id uuid not null,
  effective_on date not null,
  recorded_at timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, source_id, purpose)
);
call pg_temp.protect('journal_entry', 'own');

create table posting (
  tenant_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  entry_id uuid not null,
  n integer not null,
  account text not null,
  amount_pence bigint not null,
  primary key (tenant_id, entry_id, n),
  foreign key (tenant_id, entry_id) references journal_entry (tenant_id, id)
);
call pg_temp.protect('posting', 'own');

-- Gapless: UPDATE .. RETURNING inside the issuing transaction, never a sequence.
create table number_series (
  tenant_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  series text not null,
  financial_year integer not null,
  last integer not null,
  primary key (tenant_id, series, financial_year)
);
call pg_temp.protect('number_series', 'own');
grant update (last) on number_series to moothall_app;

-- notify -------------------------------------------------------------------------------------------------------
create table message (
  tenant_id uuid not null default nullif(current_setting('app.actor', true), '')::uuid,
  id uuid not null,
  case_id uuid,
  recipient text not null,
  subject text not null,
  body text not null,
  language text not null,
  created_at timestamptz not null,
  sent_at timestamptz,
  -- The mail server will never take it: its reply code, without its text, which repeats the address.
  refused_at timestamptz,
  refusal text,
  primary key (tenant_id, id),
  check (sent_at is null or refused_at is null),
  check ((refused_at is null) = (refusal is null))
);
create index message_case on message (tenant_id, case_id) where case_id is not null;
call pg_temp.protect('message', 'own');
grant update (sent_at, refused_at, refusal), delete on message to moothall_app;

-- the outbox ---------------------------------------------------------------------------------------------------
create table outbox (
  tenant_id uuid not null default nullif(current_setting('app.tenant', true), '')::uuid,
  id uuid not null,
  topic text not null,
  payload jsonb not null,
  created_at timestamptz not null,
  not_before timestamptz not null,
  attempts integer not null default 0,
  locked_until timestamptz,
  dead_at timestamptz,
  last_error text,
  primary key (tenant_id, id)
);
create index outbox_due on outbox (tenant_id, not_before) where dead_at is null;
call pg_temp.protect('outbox', 'queue');
grant update (attempts, not_before, locked_until, dead_at, last_error) on outbox to moothall_system;

-- When each housekeeping job last ran; its row is also how one worker of several takes the turn.
create table job (
  name text primary key,
  every_seconds integer not null,
  started_at timestamptz not null,
  finished_at timestamptz,
  failed_at timestamptz,
  last_error text
);
comment on table job is 'global: when housekeeping ran, no tenant''s data';
grant select, insert, update (every_seconds, started_at, finished_at, failed_at, last_error) on job to moothall_system;

-- How much was done a day, for the operator: counts only, whosever work it was.
create table work_tally (
  day date not null,
  what text not null,
  n bigint not null,
  primary key (day, what)
);
comment on table work_tally is 'global: daily counts of work, no tenant''s data';
grant select, insert, update (n) on work_tally to moothall_system;

-- The server's start-up looks here: a database that `make demo` made is marked, and `serve` refuses it.
create table installation (
  one boolean primary key default true check (one),
  demonstration boolean not null,
  created_at timestamptz not null
);
comment on table installation is 'global: one row about this database, no tenant''s data';
grant select on installation to moothall_app, moothall_router, moothall_system;
