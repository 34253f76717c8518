SELECT count(*) AS n, sum(bytes) AS total FROM web WHERE path LIKE '%.php'
