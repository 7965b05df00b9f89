//! Row types that know the table they come from.

/// Defines a struct a table with one field a column, and a function `read` that gives its rows.
macro_rules! rows {
    ($($(#[$about:meta])* $name:ident of $table:path { $($column:ident: $type:ty),* $(,)? })*) => {$(
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq)]
        #[allow(missing_docs, reason = "the columns are described in `pipelines::tables::metrics`")]
        pub struct $name {
            $(pub $column: $type,)*
        }

        impl $name {
            /// The rows of the table in `folder`, checked against the manifest beside it.
            fn read(folder: &std::path::Path) -> anyhow::Result<Vec<Self>> {
                let file = $table.parquet_file();
                let (batch, _) = pipelines::tables::parquet_file::read(folder, &file)?;
                Self::from_batch(&folder.join(file), &batch)
            }

            /// The rows of a decoded file at `path`.
            fn from_batch(
                path: &std::path::Path,
                batch: &arrow_array::RecordBatch,
            ) -> anyhow::Result<Vec<Self>> {
                $(let $column = <$type as super::evaluated::cell::Cell>::column(path, batch, stringify!($column))?;)*
                let mut rows = Vec::with_capacity(batch.num_rows());
                $(let mut $column = $column.into_iter();)*
                for _ in 0..batch.num_rows() {
                    // Every column has as many values as the batch has rows.
                    rows.push(Self { $($column: $column.next().unwrap_or_default(),)* });
                }
                Ok(rows)
            }
        }
    )*};
}

pub(super) use rows;
