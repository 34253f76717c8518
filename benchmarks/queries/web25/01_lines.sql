SELECT count(*) AS n FROM web
