"""Everything that helps to add and keep a backend: generated files and tables, all from the declarations."""
