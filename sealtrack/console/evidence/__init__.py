"""The evidence pack: everything an incident was judged from, in one file that proves itself."""
