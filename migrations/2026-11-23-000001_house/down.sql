do $$ begin raise exception 'The first migration is never undone: restore a backup instead (docs/running.md)'; end $$;
