"""The generated pages and files of this project, all read from the declarations. Nobody imports it at run time."""
