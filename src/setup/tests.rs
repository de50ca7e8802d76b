use std::path::Path;

use super::read;

#[test]
fn the_folder_that_comes_with_the_program_is_right() {
    let files = read(Path::new("tenants")).unwrap_or_else(|mistakes| {
        panic!("{}", mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    });
    assert_eq!(files.tenants.len(), 5);
    assert_eq!(files.agreements.len(), 2);
}
