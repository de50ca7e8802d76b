-- The roles of a Moothall cluster. Run once by a superuser (`moothall migrate` runs it where it may).
-- The server's three roles own nothing and never bypass row level security; the two deploy-time roles do,
-- because under FORCE an owner's data migration touches no row and pg_dump dumps none.
do $$
begin
  if not exists (select from pg_roles where rolname = 'moothall_owner') then
    create role moothall_owner nologin nosuperuser nobypassrls;
  end if;
  if not exists (select from pg_roles where rolname = 'moothall_migrate') then
    create role moothall_migrate login nosuperuser bypassrls createdb;
    grant moothall_owner to moothall_migrate;
  end if;
  if not exists (select from pg_roles where rolname = 'moothall_backup') then
    create role moothall_backup login nosuperuser bypassrls;
  end if;
  if not exists (select from pg_roles where rolname = 'moothall_app') then
    create role moothall_app login nosuperuser nobypassrls;
    alter role moothall_app set statement_timeout = '10s';
    alter role moothall_app set lock_timeout = '5s';
    alter role moothall_app set idle_in_transaction_session_timeout = '15s';
  end if;
  if not exists (select from pg_roles where rolname = 'moothall_router') then
    create role moothall_router login nosuperuser nobypassrls;
    alter role moothall_router set statement_timeout = '5s';
  end if;
  if not exists (select from pg_roles where rolname = 'moothall_system') then
    create role moothall_system login nosuperuser nobypassrls;
    alter role moothall_system set statement_timeout = '30s';
    alter role moothall_system set lock_timeout = '5s';
  end if;
end $$;
