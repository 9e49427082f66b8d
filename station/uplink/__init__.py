"""The station's end of the line: a cursor over the log that never blocks work and that anything may interrupt."""
