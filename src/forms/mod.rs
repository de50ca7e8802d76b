//! Service definitions: questions, validation, versions, drafts, search index.
