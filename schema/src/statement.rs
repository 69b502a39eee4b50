//! Hot statements: one declaration per statement, written once for both databases.
//!
//! Diesel never caches UPDATE, upserts or multi-row INSERT by itself; these fragments have constant text and a static query id, so each is
//! prepared once per connection. SQLite runs one row at a time (cheapest there), PostgreSQL a whole batch through `unnest`.

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sqlite::Sqlite;

/// A row of a statement, and the statement itself.
pub(crate) trait Row: Sized + Sync {
    /// Names the statement in the caches of prepared statements.
    type Id: 'static;
    /// A whole batch, column by column.
    type Columns: QueryFragment<Pg> + QueryId + Send;

    fn one<'b>(&'b self, out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()>;
    fn columns(rows: &[Self]) -> Self::Columns;
}

/// One row on SQLite.
pub(crate) struct One<'r, R>(pub(crate) &'r R);

impl<R: Row> QueryId for One<'_, R> {
    type QueryId = R::Id;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<R: Row> QueryFragment<Sqlite> for One<'_, R> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.0.one(out)
    }
}

/// Nothing before the first, ", " (or what is given) before every other.
pub(crate) struct Separator(Option<&'static str>, &'static str);

impl Separator {
    pub(crate) fn new(text: &'static str) -> Self {
        Self(None, text)
    }

    pub(crate) fn next(&mut self) -> &'static str {
        self.0.replace(self.1).unwrap_or("")
    }
}

/// Declares the struct of a row and its statement, in one of three forms:
/// `insert "table" … ; "suffix"`, `update "table" … where …`, and `with b … ; "text"`, where the text reads the rows as table `b`.
macro_rules! statement {
    ($(#[$doc:meta])* insert $table:literal $name:ident [$($lt:lifetime)?]
     { $($field:ident: $ty:ty => $sql:ty),* $(,)? } $suffix:literal) => {
        statement!(@row $(#[$doc])* $name [$($lt)?] { $($field: $ty => $sql),* }
            sqlite(concat!("INSERT INTO ", $table, " ("), ") VALUES (", concat!(") ", $suffix))
            postgres(concat!("INSERT INTO ", $table, " ("), ") SELECT * FROM unnest(", concat!(") ", $suffix)));
    };
    ($(#[$doc:meta])* with b $name:ident [$($lt:lifetime)?]
     { $($field:ident: $ty:ty => $sql:ty),* $(,)? } $text:literal) => {
        statement!(@row $(#[$doc])* $name [$($lt)?] { $($field: $ty => $sql),* }
            sqlite("WITH b (", ") AS (VALUES (", concat!(")) ", $text))
            postgres("WITH b (", ") AS (SELECT * FROM unnest(", concat!(")) ", $text)));
    };
    (@row $(#[$doc:meta])* $name:ident [$($lt:lifetime)?] { $($field:ident: $ty:ty => $sql:ty),* }
     sqlite($a1:expr, $a2:expr, $a3:expr) postgres($b1:expr, $b2:expr, $b3:expr)) => {
        statement!(@struct $(#[$doc])* $name [$($lt)?] { $($field: $ty => $sql),* }
            |row, out| {
                out.push_sql($a1);
                out.push_sql(LIST);
                out.push_sql($a2);
                let mut comma = $crate::statement::Separator::new(", ");
                $( out.push_sql(comma.next()); out.push_bind_param::<$sql, _>(&row.$field)?; )*
                out.push_sql($a3);
            }
            |columns, out| {
                out.push_sql($b1);
                out.push_sql(LIST);
                out.push_sql($b2);
                let mut comma = $crate::statement::Separator::new(", ");
                $( out.push_sql(comma.next());
                   out.push_bind_param::<diesel::sql_types::Array<$sql>, _>(&columns.$field)?; )*
                out.push_sql($b3);
            });
    };
    ($(#[$doc:meta])* update $table:literal $name:ident [$($lt:lifetime)?]
     { $($field:ident: $ty:ty => $sql:ty),* $(,)? } where { $($key:ident = $column:literal: $kty:ty => $ksql:ty),* }) => {
        statement!(@struct $(#[$doc])* $name [$($lt)?] { $($field: $ty => $sql,)* $($key: $kty => $ksql),* }
            |row, out| {
                out.push_sql(concat!("UPDATE ", $table, " SET "));
                let mut comma = $crate::statement::Separator::new(", ");
                $( out.push_sql(comma.next());
                   out.push_sql(concat!(stringify!($field), " = "));
                   out.push_bind_param::<$sql, _>(&row.$field)?; )*
                out.push_sql(" WHERE ");
                let mut and = $crate::statement::Separator::new(" AND ");
                $( out.push_sql(and.next());
                   out.push_sql(concat!($column, " = "));
                   out.push_bind_param::<$ksql, _>(&row.$key)?; )*
            }
            |columns, out| {
                out.push_sql(concat!("UPDATE ", $table, " SET "));
                let mut comma = $crate::statement::Separator::new(", ");
                $( out.push_sql(comma.next());
                   out.push_sql(concat!(stringify!($field), " = b.", stringify!($field))); )*
                out.push_sql(" FROM unnest(");
                let mut comma = $crate::statement::Separator::new(", ");
                $( out.push_sql(comma.next());
                   out.push_bind_param::<diesel::sql_types::Array<$sql>, _>(&columns.$field)?; )*
                $( out.push_sql(comma.next());
                   out.push_bind_param::<diesel::sql_types::Array<$ksql>, _>(&columns.$key)?; )*
                out.push_sql(") AS b (");
                out.push_sql(LIST);
                out.push_sql(") WHERE ");
                let mut and = $crate::statement::Separator::new(" AND ");
                $( out.push_sql(and.next());
                   out.push_sql(concat!($table, ".", $column, " = b.", stringify!($key))); )*
            });
    };
    (@struct $(#[$doc:meta])* $name:ident [$($lt:lifetime)?] { $($field:ident: $ty:ty => $sql:ty),* }
     |$row:ident, $out:ident| $one:block |$columns:ident, $many_out:ident| $many:block) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub(crate) struct $name $(<$lt>)? { $(pub(crate) $field: $ty),* }

        const _: () = {
            /// All columns, separated by commas.
            const LIST: &str = concat!($(", ", stringify!($field)),*).split_at(2).1;

            pub(crate) struct Id;

            pub(crate) struct Columns $(<$lt>)? { $($field: Vec<$ty>),* }

            impl $(<$lt>)? $crate::statement::Row for $name $(<$lt>)? {
                type Id = Id;
                type Columns = Columns $(<$lt>)?;

                fn one<'b>(
                    &'b self,
                    mut $out: diesel::query_builder::AstPass<'_, 'b, diesel::sqlite::Sqlite>,
                ) -> diesel::QueryResult<()> {
                    let $row = self;
                    $one
                    Ok(())
                }

                fn columns(rows: &[Self]) -> Self::Columns {
                    Columns { $($field: rows.iter().map(|row| Clone::clone(&row.$field)).collect()),* }
                }
            }

            impl $(<$lt>)? diesel::query_builder::QueryId for Columns $(<$lt>)? {
                type QueryId = Id;
                const HAS_STATIC_QUERY_ID: bool = true;
            }

            impl $(<$lt>)? diesel::query_builder::QueryFragment<diesel::pg::Pg> for Columns $(<$lt>)? {
                fn walk_ast<'b>(
                    &'b self,
                    mut $many_out: diesel::query_builder::AstPass<'_, 'b, diesel::pg::Pg>,
                ) -> diesel::QueryResult<()> {
                    let $columns = self;
                    $many
                    Ok(())
                }
            }
        };
    };
}
pub(crate) use statement;
