SELECT status, count(*) AS n FROM web GROUP BY ALL ORDER BY n DESC, status
