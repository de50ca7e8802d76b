//! tenants/ files -> plan -> apply; verify; the demonstration and its history.
