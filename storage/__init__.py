"""Where everything is kept: engine, transactions, column types, migrations."""
