SELECT count(*) AS n, sum(bytes) AS total, avg(bytes) AS mean FROM web
