"""What is counted: reports written in SQL, carried out as mergeable aggregates over columns of codes and numbers."""
