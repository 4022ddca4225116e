"""What a user says: the schema, the reader, the checks, knowledge time, the ways out."""
