"""The providers' APIs, one file each: where an answer says what it used."""
