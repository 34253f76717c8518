SELECT status, count(*) AS requests, sum(bytes) AS bytes
FROM web
GROUP BY status ORDER BY status
