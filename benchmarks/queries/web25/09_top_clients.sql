SELECT client, count(*) AS n FROM web GROUP BY ALL ORDER BY n DESC, client LIMIT 10
