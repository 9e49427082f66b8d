-- The first views: lives, the blank accounts, and which chip is which card.
CREATE TABLE subjects (
    life TEXT NOT NULL,
    id TEXT NOT NULL,
    state TEXT NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    facts TEXT NOT NULL,
    PRIMARY KEY (life, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX subjects_by_state ON subjects (life, state, first_seq);
CREATE INDEX subjects_by_appearance ON subjects (life, first_seq);

CREATE TABLE subject_entries (
    life TEXT NOT NULL,
    id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (life, id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE blanks (
    account TEXT NOT NULL,
    place TEXT NOT NULL,
    count INTEGER NOT NULL CHECK (account = 'received' OR count >= 0),
    PRIMARY KEY (account, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE chips (
    chip_id TEXT PRIMARY KEY,
    card_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;
