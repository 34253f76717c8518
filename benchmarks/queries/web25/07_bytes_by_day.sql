SELECT date_trunc('day', time) AS day, sum(bytes) AS total, count(*) AS n FROM web GROUP BY ALL ORDER BY day
