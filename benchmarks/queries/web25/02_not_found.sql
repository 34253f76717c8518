SELECT count(*) AS n FROM web WHERE status = 404
