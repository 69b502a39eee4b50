//! The table read back, cell by cell.

use super::*;

#[test]
fn every_cell_of_the_matrix_is_understood() {
    for row in matrix::ROWS {
        for text in row.cells {
            assert!(Cell::parse(text).is_some(), "{:?}: {text}", row.operation);
        }
    }
}

/// The document the table was copied from lies beside the tests.
#[test]
fn the_matrix_is_the_document() {
    let document: Vec<serde_json::Value> =
        serde_json::from_str(include_str!("../../tests/fixtures/permission/matrix.json")).unwrap();
    assert_eq!(document.len(), matrix::ROWS.len());
    let columns = [
        "admin",
        "group_admin",
        "agent_assignee",
        "agent_member",
        "agent_non_member",
        "ai",
        "visitor",
        "contact",
    ];
    for ((wanted, row), operation) in document.iter().zip(&matrix::ROWS).zip(Operation::ALL) {
        assert_eq!((wanted["action"].as_str(), row.operation), (Some(row.action), operation));
        for (column, cell) in columns.iter().zip(row.cells) {
            assert_eq!(wanted[column], cell, "{} for {column}", row.action);
        }
    }
}

#[test]
fn no_means_what_the_table_says() {
    let cases = [
        (Operation::Close, Principal::Member, Err(Denied::NotAssignee)),
        (Operation::Close, Principal::Assignee, Ok(())),
        (Operation::Close, Principal::GroupAdmin, Ok(())),
        (Operation::Close, Principal::NonMember, Err(Denied::Hidden)),
        (Operation::ManageUsers, Principal::GroupAdmin, Err(Denied::Forbidden)),
        (Operation::ManageUsers, Principal::Admin, Ok(())),
        (Operation::SetUpGroup, Principal::Member, Err(Denied::Forbidden)),
        (Operation::WriteNote, Principal::Visitor, Err(Denied::Forbidden)),
        (Operation::ExportTranscript, Principal::Member, Err(Denied::NotAssignee)),
        (Operation::DeleteConversation, Principal::GroupAdmin, Err(Denied::Forbidden)),
    ];
    for (operation, principal, wanted) in cases {
        assert_eq!(permit(operation, principal), wanted, "{operation:?} by {principal:?}");
    }
}

#[test]
fn s1_26_a_list_on_the_conversation_excludes_even_admins() {
    let viewer = |user, groups: Option<&[i64]>| Viewer {
        user: UserId(user),
        business: BusinessId(1),
        groups: groups.map(|ids| ids.iter().map(|id| GroupId(*id)).collect()),
    };
    let (list, group) = ([UserId(11)], GroupId(2));
    assert!(viewer(11, Some(&[2])).sees(BusinessId(1), group, Some(&list)));
    assert!(!viewer(12, Some(&[2])).sees(BusinessId(1), group, Some(&list)));
    assert!(!viewer(10, None).sees(BusinessId(1), group, Some(&list)));
    assert!(
        !viewer(11, Some(&[3])).sees(BusinessId(1), group, Some(&list)),
        "the list does not replace membership"
    );
    assert!(
        viewer(10, None).sees(BusinessId(1), group, None)
            && viewer(12, Some(&[2, 3])).sees(BusinessId(1), group, None)
    );
}

#[test]
fn a_part_depends_on_the_group() {
    let member = |role, leads: &[i64]| Member {
        id: UserId(1),
        name: "Gia".to_owned(),
        role,
        leads: leads.iter().map(|id| GroupId(*id)).collect(),
    };
    let gia = member(Role::Agent, &[3]);
    assert_eq!(gia.principal(GroupId(3), true, true), Principal::GroupAdmin);
    assert_eq!(gia.principal(GroupId(2), true, true), Principal::Assignee);
    assert_eq!(gia.principal(GroupId(2), true, false), Principal::Member);
    assert_eq!(gia.principal(GroupId(2), false, false), Principal::NonMember);
    assert_eq!(member(Role::Admin, &[]).principal(GroupId(9), false, false), Principal::Admin);
}

#[test]
fn routes_commands_and_events_are_named_once() {
    let mut names: Vec<(&str, &str)> = ROUTES.iter().map(|route| (route.method, route.path)).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
    assert!(route("GET", "/api/v1/session").is_some() && route("GET", "/api/v1/nothing").is_none());
}

/// Names in `#[serde(rename = "…")]` of an enum in this file's text.
fn renamed(source: &str, name: &str) -> Vec<String> {
    let body = source.split(&format!("pub enum {name} {{")).nth(1).unwrap();
    let body = body.split("\n}").next().unwrap();
    let names = body.split("#[serde(rename = \"").skip(1);
    names.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[test]
fn every_command_of_a_socket_has_its_operation() {
    let commands = renamed(include_str!("../wire/client.rs"), "AgentCommand");
    assert!(commands.len() > 10);
    let known: Vec<&str> = AGENT_COMMANDS.iter().map(|(name, _)| *name).collect();
    for command in &commands {
        assert!(known.contains(&command.as_str()), "{command} is missing in AGENT_COMMANDS");
    }
    for name in known {
        assert!(commands.iter().any(|command| command == name), "{name} is no command any more");
    }
}

#[test]
fn every_stored_event_has_its_audience() {
    let source = include_str!("../wire/entry.rs");
    let body = source.split("fn name(&self)").nth(1).unwrap().split("\n    }").next().unwrap();
    let names: Vec<&str> = body.split("=> \"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(names.len() > 7);
    for name in names {
        let audience = EVENTS.iter().find(|(t, _)| *t == name).map(|(_, audience)| *audience);
        assert_eq!(audience, Some(Audience::Conversation), "{name}");
    }
}
